import { readFile } from 'node:fs/promises';
import type { ScheduleChoice } from '../core/explore/schedule.ts';
import { InputError } from '../core/text/source.ts';

export interface ScheduleOptions {
  readonly schedule?: string;
  readonly seed?: string;
  readonly quantum?: string;
}

/**
 * `--schedule round-robin`, `random`, a saved trace or schedule (.json), or a script: `"dump to walk_pmd_range, remap0"`.
 * `--seed` alone means random, `--quantum` alone round-robin.
 *
 * @throws InputError for a file that holds no schedule, or options that contradict each other
 */
export async function scheduleOf({ schedule, seed, quantum }: ScheduleOptions): Promise<ScheduleChoice> {
  const kind = schedule ?? (seed === undefined ? 'round-robin' : 'random');
  if (kind === 'random') return { kind, seed: whole('--seed', seed ?? '1') };
  if (kind === 'round-robin') {
    if (seed !== undefined) throw new InputError('--seed is for a random schedule: --schedule random --seed N');
    return { kind, quantum: whole('--quantum', quantum ?? '1') };
  }
  if (!kind.endsWith('.json')) return { kind: 'script', script: kind };
  const text = await readFile(kind, 'utf8').catch(() => {
    throw new InputError(`${kind}: no such file; --schedule takes round-robin, random, a saved trace, or a script`, {
      file: kind,
    });
  });
  return { kind: 'explicit', choices: choicesIn(text, kind) };
}

/** Of a trace, its schedule, a schedule, or a bare list of choices. */
function choicesIn(text: string, file: string): readonly number[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InputError(`${file}: it is no JSON; save a schedule with lockstep run --json --output FILE`, { file });
  }
  const field = (v: unknown, name: string): unknown =>
    typeof v === 'object' && v !== null ? (v as Record<string, unknown>)[name] : undefined;
  const choices = Array.isArray(value)
    ? value
    : (field(field(value, 'schedule'), 'choices') ?? field(value, 'choices'));
  if (!Array.isArray(choices) || !choices.every(n => Number.isInteger(n)))
    throw new InputError(`${file}: no schedule is in it; save one with lockstep run --json --output FILE`, { file });
  return choices as number[];
}

/** @throws InputError for what is no whole number */
export function whole(option: string, text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InputError(`${option} ${text}: it takes a whole number`);
  return Number(text);
}
