import type { RacingAccess } from './dataRaces.ts';
import type { End } from './run.ts';
import type { Begun } from './simulate.ts';
import type { TouchSink } from './touchSink.ts';

/** Something that went wrong in an execution. */
export interface Found {
  readonly invariant: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
}

/** An execution that has come to an end, as what runs it shows it. */
export interface Explored {
  readonly begun: Begun;
  readonly sink: TouchSink;
  /** How a step has ended it. */
  readonly end: End | undefined;
  isDone(thread: number): boolean;
  deadlock(): string;
  place(thread: number): { file: string; line: number };
}

export const keyOf = ({ invariant, file, line }: Found): string => `${invariant} ${file}:${line}`;

/** What went wrong in an execution that has come to its end. */
export function verdictOf(executions: Explored, end: 'done' | 'blocked' | 'stopped'): Found[] {
  const { begun } = executions;
  const { scenario } = begun;
  if (end === 'blocked') {
    const stuck = begun.threads.findIndex((_, t) => !executions.isDone(t));
    return [{ invariant: 'deadlock', message: executions.deadlock(), ...executions.place(stuck) }];
  }
  if (end === 'stopped') return [ended(executions.end!, { file: scenario.file, line: 0 })];
  const found: Found[] = [];
  for (const part of scenario.invariants) {
    const { value, end: wrong } = begun.alone(part);
    const at = { file: scenario.file, line: part.line };
    if (wrong) found.push(ended(wrong, at));
    else if (value) found.push({ invariant: part.name, message: 'it does not hold at the end', ...at });
  }
  const last = begun.alone(scenario.finally);
  if (last.end) found.push(ended(last.end, { file: scenario.file, line: scenario.finally!.line }));
  return found;
}

/** Each pair of places once, by the plain one of them. */
export function raced({ sink, begun }: Explored): Found[] {
  const found: Found[] = [];
  const { machine, threads } = begun;
  for (const { address, first, second } of sink.races.found) {
    if ([first, second].some(a => machine.excused.has(`${a.file}:${a.line}`))) continue;
    const [plain, other] = first.marked ? [second, first] : [first, second];
    const what = (a: RacingAccess): string =>
      `${a.marked ? 'marked' : 'plain'} ${a.write ? 'write' : 'read'} by ${threads[a.thread]!.name}`;
    const at = `${other.file}:${other.line}`;
    found.push({
      invariant: 'data race',
      message: `${machine.nameOf(address)}: ${what(plain)}, ${what(other)} at ${at}, and nothing orders them`,
      file: plain.file,
      line: plain.line,
    });
  }
  return found;
}

/** What the kernel would have said in its log, each place once. */
export function warned({ sink }: Explored): Found[] {
  const found = new Map<string, Found>();
  for (const { text, file, line } of sink.warnings) {
    const sleeps = /^sleeping function called from invalid context: (.*)$/s.exec(text)?.[1];
    const invariant = sleeps === undefined ? 'warning' : 'sleep in atomic context';
    found.set(`${file}:${line} ${invariant}`, { invariant, message: sleeps ?? text, file, line });
  }
  return [...found.values()];
}

/** A bug by its own place where its message begins with it. */
function ended({ kind, message = kind }: End, home: { file: string; line: number }): Found {
  const at = /^(.+?):(\d+): (.*)$/s.exec(message);
  const text = at ? at[3]! : message;
  const known = /^(use after free|double free|NULL pointer dereference|wild access)/.exec(text)?.[1];
  return {
    invariant: known ?? kind,
    message: text,
    file: at ? at[1]! : home.file,
    line: at ? Number(at[2]) : home.line,
  };
}
