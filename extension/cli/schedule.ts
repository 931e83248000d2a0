import { readFile } from 'node:fs/promises';
import type { ScheduleChoice } from '../core/explore/schedule.ts';
import { InputError } from '../core/text/source.ts';

export interface ScheduleOptions {
  readonly schedule?: string;
  readonly seed?: string;
  readonly quantum?: string;
  /** Follow a schedule of another version of the source as far as it goes. */
  readonly anyVersion?: boolean;
}

/** Under which schedule the plain source runs, and the patched one. */
export interface Schedules {
  readonly plain: ScheduleChoice;
  readonly patched: ScheduleChoice;
}

export const oneForBoth = (choice: ScheduleChoice): Schedules => ({ plain: choice, patched: choice });

/**
 * `--schedule round-robin`, `random`, a saved trace or schedule (.json), or a script: `"dump to walk_pmd_range, remap0"`.
 * A file that `run --patch --json` wrote holds two schedules, and each run gets its own. `--seed` alone means random, `--quantum` alone round-robin.
 *
 * @throws InputError for a file that holds no schedule, or options that contradict each other
 */
export async function schedulesOf({ schedule, seed, quantum, anyVersion }: ScheduleOptions): Promise<Schedules> {
  const kind = schedule ?? (seed === undefined ? 'round-robin' : 'random');
  if (kind === 'random') {
    if (quantum !== undefined) throw new InputError('--quantum is for round robin: --schedule round-robin --quantum N');
    return oneForBoth({ kind, seed: whole('--seed', seed ?? '1') });
  }
  if (kind !== 'round-robin' && (seed ?? quantum) !== undefined)
    throw new InputError('--seed is for a random schedule and --quantum for round robin; this one is fixed');
  if (kind === 'round-robin') {
    if (seed !== undefined) throw new InputError('--seed is for a random schedule: --schedule random --seed N');
    return oneForBoth({ kind, quantum: whole('--quantum', quantum ?? '1') });
  }
  if (!kind.endsWith('.json')) return oneForBoth({ kind: 'script', script: kind });
  const text = await readFile(kind, 'utf8').catch(() => {
    throw new InputError(`${kind}: no such file; --schedule takes round-robin, random, a saved trace, or a script`, {
      file: kind,
    });
  });
  return schedulesIn(text, kind, anyVersion === true);
}

/** Of a trace (or one before and one after a patch), a schedule, or a bare list of choices. */
function schedulesIn(text: string, file: string, anyVersion: boolean): Schedules {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InputError(`${file}: it is no JSON; save a schedule with lockstep run --json --output FILE`, { file });
  }
  const field = (v: unknown, name: string): unknown =>
    typeof v === 'object' && v !== null ? (v as Record<string, unknown>)[name] : undefined;
  const explicit = (from: unknown): ScheduleChoice => {
    const choices = Array.isArray(from) ? from : (field(field(from, 'schedule'), 'choices') ?? field(from, 'choices'));
    if (!Array.isArray(choices) || !choices.every(n => Number.isInteger(n)))
      throw new InputError(`${file}: no schedule is in it; save one with lockstep run --json --output FILE`, { file });
    const versions = field(field(from, 'schedule'), 'versions') ?? field(from, 'versions');
    const ends = field(field(from, 'schedule'), 'ends') ?? field(from, 'ends');
    return {
      kind: 'explicit',
      choices: choices as number[],
      ...(typeof ends === 'string' ? { ends } : {}),
      ...(typeof versions === 'object' && versions !== null && !anyVersion
        ? { versions: versions as Record<string, string> }
        : {}),
    };
  };
  const before = field(value, 'before');
  return before === undefined
    ? oneForBoth(explicit(value))
    : { plain: explicit(before), patched: explicit(field(value, 'after')) };
}

/** @throws InputError for what is no whole number */
export function whole(option: string, text: string): number {
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new InputError(`${option} ${text}: it takes a whole number`);
  return Number(text);
}
