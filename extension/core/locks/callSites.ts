import type { CallsOf, SymbolAt } from '../index/symbols.ts';
import { LineStarts } from './lines.ts';
import { Kind, tokenize } from './read/tokens.ts';
import type { Definition, Scanned } from './scan.ts';

/** Words that stand before an opening bracket and call nothing. */
const NO_CALL =
  /^(?:if|for|while|switch|return|sizeof|typeof|__typeof__|_Alignof|__alignof__|defined|asm|__asm__|__attribute__|case|else|do)$/;

export interface CallSiteAt {
  readonly name: string;
  /** Offset in the definition's file. */
  readonly at: number;
}

/** Names that stand before an opening bracket in a body: calls, as far as that can be told without types. */
export function callsIn(definition: Definition): CallSiteAt[] {
  const { source, kind, bodyStart, end } = definition;
  const tokens = tokenize(source.text, bodyStart, end, kind === 'function' ? source.blanks : []);
  const out: CallSiteAt[] = [];
  for (let i = 0; i + 1 < tokens.count; i++) {
    if (tokens.kind[i] !== Kind.Name || tokens.text[i + 1] !== '(') continue;
    const before = i > 0 ? tokens.text[i - 1]! : '';
    if (before === '.' || before === '->' || NO_CALL.test(tokens.text[i]!)) continue;
    out.push({ name: tokens.text[i]!, at: tokens.at[i]! });
  }
  return out;
}

/** Where a definition stands. */
export function symbolOf(d: Definition): SymbolAt {
  const lines = LineStarts.of(d.source);
  return {
    file: d.source.file,
    ...lines.position(d.nameStart),
    name: d.name,
    kind: d.kind,
    endLine: lines.position(d.end).line,
    ...(d.conditions.length ? { container: d.conditions.join(' && ') } : {}),
  };
}

/** The functions of one file that call `name`, with the places of the calls. */
export function callersIn(file: Scanned, name: string): CallsOf[] {
  const lines = LineStarts.of(file);
  const out: CallsOf[] = [];
  for (const definition of functionsOf(file)) {
    const at = callsIn(definition)
      .filter(c => c.name === name)
      .map(c => ({ file: file.file, ...lines.position(c.at) }));
    if (at.length) out.push({ symbol: symbolOf(definition), at });
  }
  return out;
}

/** What a function calls by name, in order of the first call: the places of all calls of each. */
export function calleesIn(definition: Definition): ReadonlyMap<string, CallsOf['at']> {
  const lines = LineStarts.of(definition.source);
  const out = new Map<string, { file: string; line: number; column: number }[]>();
  for (const { name, at } of callsIn(definition)) {
    const place = { file: definition.source.file, ...lines.position(at) };
    const known = out.get(name);
    if (known) known.push(place);
    else out.set(name, [place]);
  }
  return out;
}

function functionsOf(file: Scanned): Definition[] {
  return [...file.definitions.values()]
    .flat()
    .filter(d => d.kind === 'function')
    .sort((a, b) => a.start - b.start);
}
