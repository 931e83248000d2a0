import type { Finding, FindingKind, RelatedPlace } from '../../report/documents.ts';
import type { Effect } from '../effects.ts';
import { wrapperName } from '../idioms.ts';
import { LineStarts } from '../lines.ts';
import { render } from '../render.ts';
import type { Definition, Scanned } from '../scan.ts';

export type Confidence = Finding['confidence'];

/** A place and what is to be said of it. */
export const related = (source: Scanned, at: number, message: string): RelatedPlace => ({
  file: source.file,
  ...LineStarts.of(source).position(at),
  message,
});

/** An effect that stands in the function itself, or in wrappers that are called like what they do. */
export const isDirect = (effect: Effect): boolean =>
  effect.via.length === 0 || (effect.via.length <= 3 && effect.via.every(name => wrapperName.test(name)));

/** How a chain of calls reads: `a → b → mutex_lock`. */
export const chain = (effect: Effect): string => [...effect.via, effect.primitive].join(' → ');

export const named = (effect: Effect): string => render(effect.expr);

/** Where an effect was caused, and, when that is in a callee, where the primitive itself stands. */
export function places(definition: Definition, effect: Effect, what: string): RelatedPlace[] {
  const out = [related(definition.source, effect.at, `${what}${effect.via.length ? ` (${chain(effect)})` : ''}`)];
  if (effect.via.length) out.push(related(effect.origin.source, effect.origin.at, `${effect.primitive}() here`));
  return out;
}

/** A finding at an offset of the function's file. */
export function draft(
  definition: Definition,
  kind: FindingKind,
  at: number,
  confidence: Confidence,
  message: string,
  lock: Effect | undefined,
  more: readonly RelatedPlace[],
): Finding {
  const { source } = definition;
  const { text } = source;
  const from = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  return {
    kind,
    function: definition.name,
    file: source.file,
    ...LineStarts.of(source).position(at),
    message,
    confidence,
    ...(lock ? { lock: named(lock) } : {}),
    text: text
      .slice(from, end < 0 ? text.length : end)
      .trim()
      .replace(/\s+/g, ' '),
    related: more,
  };
}
