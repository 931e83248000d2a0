import type { ScheduleChoice } from './engine.ts';

/**
 * What the panel shows, as plain data: enough to run it again. The webview keeps it as its state, so a window reload
 * brings the panel back by running the scenario anew. URIs are strings.
 */
export type SessionKey =
  | {
      readonly kind: 'run';
      readonly root: string;
      readonly scenario: string;
      readonly patch?: string;
      readonly schedule: ScheduleChoice;
    }
  | { readonly kind: 'trace'; readonly trace: string };

/** Reads a key that a window left behind; undefined when it is of no known shape (another version wrote it). */
export function readSessionKey(value: unknown): SessionKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const v = value as Record<string, unknown>;
  if (v['kind'] === 'trace') return typeof v['trace'] === 'string' ? { kind: 'trace', trace: v['trace'] } : undefined;
  if (v['kind'] !== 'run' || typeof v['root'] !== 'string' || typeof v['scenario'] !== 'string') return undefined;
  const schedule = readSchedule(v['schedule']);
  if (!schedule || (v['patch'] !== undefined && typeof v['patch'] !== 'string')) return undefined;
  return {
    kind: 'run',
    root: v['root'],
    scenario: v['scenario'],
    ...(v['patch'] ? { patch: v['patch'] } : {}),
    schedule,
  };
}

export function readSchedule(value: unknown): ScheduleChoice | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const v = value as Record<string, unknown>;
  if (v['kind'] === 'round-robin') {
    const quantum = v['quantum'];
    return {
      kind: 'round-robin',
      ...(Number.isInteger(quantum) && Number(quantum) > 0 ? { quantum: Number(quantum) } : {}),
    };
  }
  if (v['kind'] === 'random' && Number.isInteger(v['seed'])) return { kind: 'random', seed: Number(v['seed']) };
  if (v['kind'] === 'script' && typeof v['script'] === 'string') return { kind: 'script', script: v['script'] };
  if (v['kind'] === 'explicit' && Array.isArray(v['choices']) && v['choices'].every(Number.isInteger))
    return {
      kind: 'explicit',
      choices: v['choices'] as number[],
      ...(typeof v['ends'] === 'string' ? { ends: v['ends'] } : {}),
    };
  return undefined;
}

export function scheduleTitle(schedule: ScheduleChoice): string {
  if (schedule.kind === 'random') return `random, seed ${schedule.seed}`;
  if (schedule.kind === 'explicit') return 'replayed schedule';
  if (schedule.kind === 'script') return `script: ${schedule.script}`;
  return schedule.quantum && schedule.quantum > 1 ? `round robin, ${schedule.quantum} steps each` : 'round robin';
}

/**
 * Reads an explicit schedule as people write it: pairs "thread steps", separated by commas or spaces
 * (`0 12, 1 5, 0 3`). Returns undefined when it is not such a list.
 */
export function parseChoices(text: string): number[] | undefined {
  const numbers = text
    .split(/[\s,;:×x*]+/)
    .filter(Boolean)
    .map(Number);
  if (!numbers.length || numbers.length % 2) return undefined;
  return numbers.every(n => Number.isInteger(n) && n >= 0) ? numbers : undefined;
}
