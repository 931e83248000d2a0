import { type CutFunction, functions, type Token, tokens } from './cut.ts';
import { Graph } from './graph.ts';
import { OPERATIONS } from './locking.ts';
import { type Statement, Unreadable } from './statements.ts';

export const FAULT_KINDS = [
  'unlock-removed',
  'lock-doubled',
  'locks-swapped',
  'gfp-under-spinlock',
  'irqsave-to-plain',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A stretch of the original text and what stands there instead. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One way to break a function. */
export interface Fault {
  readonly kind: FaultKind;
  readonly edits: readonly Edit[];
  /** Offset in the original text: where the fault is. */
  readonly at: number;
  /** The lock, as the source writes it. */
  readonly lock: string;
  readonly description: string;
  /** What in the source says that it is a fault: for kinds that need more than the function itself. */
  readonly evidence?: string;
}

/** A file with one fault in one function. */
export interface Mutant extends Fault {
  readonly file: string;
  readonly function: string;
  /** 1-based, in the new text. */
  readonly line: number;
  /** The whole file with the fault. */
  readonly text: string;
}

/** A function that faults can be put into. */
export interface Target {
  readonly f: CutFunction;
  readonly graph: Graph;
}

/** A file's functions, and those whose locking is plain enough to speak about. */
export interface FileFacts {
  readonly file: string;
  readonly text: string;
  readonly functions: readonly CutFunction[];
  readonly targets: readonly Target[];
}

/** Reads a file. Functions with `#if` in them, and bodies that are no plain statements, are no targets. */
export function readFile(file: string, text: string): FileFacts {
  const cut = functions(text, tokens(text));
  const targets: Target[] = [];
  for (const f of cut) {
    if (f.conditional || !f.body.some(t => OPERATIONS.has(t.text))) continue;
    try {
      const graph = new Graph(f);
      if (graph.locking.length > 0) targets.push({ f, graph });
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
    }
  }
  return { file, text, functions: cut, targets };
}

/** The file with the fault in it. */
export function mutate(facts: FileFacts, target: Target, fault: Fault): Mutant {
  const edits = [...fault.edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let text = '';
  let from = 0;
  let at = fault.at;
  for (const e of edits) {
    if (e.start < from) throw new Error(`${facts.file}: edits of a fault overlap`);
    text += facts.text.slice(from, e.start) + e.text;
    from = e.end;
    if (e.end <= fault.at) at += e.text.length - (e.end - e.start);
  }
  text += facts.text.slice(from);
  const line = text.slice(0, at).split('\n').length;
  return { ...fault, file: facts.file, function: target.f.name, line, text };
}

/** The source of a statement, from its first token to its last. */
export function source(facts: FileFacts, target: Target, s: Statement): Edit {
  const list = target.f.body;
  const start = list[s.start]!.start;
  const end = list[s.end - 1]!.end;
  return { start, end, text: facts.text.slice(start, end) };
}

/** The token before a statement. */
export const before = (target: Target, s: Statement): Token => target.f.body[s.start - 1]!;

/** Does the statement stand among others, so that another can be put beside it? (Not the one arm of an `if` without braces.) */
export const amongOthers = (target: Target, s: Statement): boolean =>
  ['{', '}', ';', ':'].includes(before(target, s).text);

/** Takes a statement away: its lines when it has them for itself and nothing needs a statement there, else `;` stays. */
export function removal(facts: FileFacts, target: Target, s: Statement): Edit {
  const { start, end } = source(facts, target, s);
  const lineStart = facts.text.lastIndexOf('\n', start - 1) + 1;
  const newline = facts.text.indexOf('\n', end);
  const alone =
    newline >= 0 && /^\s*$/.test(facts.text.slice(lineStart, start)) && /^\s*$/.test(facts.text.slice(end, newline));
  if (alone && ['{', '}', ';'].includes(before(target, s).text))
    return { start: lineStart, end: newline + 1, text: '' };
  return { start, end, text: ';' };
}

/** The white space that a statement's line begins with. */
export function indent(facts: FileFacts, offset: number): string {
  const lineStart = facts.text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(facts.text.slice(lineStart, offset))![0];
}
