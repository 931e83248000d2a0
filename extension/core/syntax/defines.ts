import { continuesName, withoutComments } from './characters.ts';
import type { Draft } from './draft.ts';
import { K } from './kinds.ts';

/**
 * Records a `#define`, and what its body says of later uses: a name for attributes (`#define __x __attribute__((…))`),
 * or the head of a loop (`#define each(p) for (p = …; …; …)`).
 */
export function defineIdiom(draft: Draft, start: number, afterWord: number, end: number): void {
  const { text, units } = draft;
  let from = afterWord;
  while (units[from] === 32 || units[from] === 9) from++;
  let to = from;
  while (to < end && continuesName(units[to]!)) to++;
  const name = text.slice(from, to);
  const functionLike = units[to] === K.open && to < end;
  draft.defines.push({ name, start, end, functionLike });
  const body = withoutComments(text.slice(to, end))
    .replace(/\\\r?\n/g, ' ')
    .trim();
  if (functionLike) {
    if (isLoopHead(body)) draft.ownLoops.add(name);
  } else if (isAttributes(draft, body)) draft.ownAttributes.add(name);
}

/** `(parameters) for (…)`: ends where the statement to repeat would follow. */
function isLoopHead(body: string): boolean {
  const after = body.slice(body.indexOf(')') + 1).replace(/^[\s(]+/, '');
  return /^(?:(?:for|while|if)\s*\(|\w*for_each\w*\s*\()/.test(after) && /(?:\)|\{|\belse)$/.test(after);
}

/** Nothing but attributes, with their arguments. An empty body says nothing: it may be a switch for `#ifdef`. */
function isAttributes(draft: Draft, body: string): boolean {
  let depth = 0;
  let any = false;
  for (const token of body.match(/[A-Za-z_]\w*|\S/g) ?? []) {
    if (token === '(') {
      if (!any) return false;
      depth++;
    } else if (token === ')') depth--;
    else if (depth === 0) {
      const kind = draft.tables.words.get(token);
      const attribute =
        kind === K.attribute || kind === K.attributeWithArguments || /^(?:__)?inline(?:__)?$/.test(token);
      if (!attribute) return false;
      any = true;
    }
  }
  return any;
}
