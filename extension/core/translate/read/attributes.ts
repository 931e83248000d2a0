import type { CToken } from '../../syntax/token.ts';
import type { Parsing } from './parsing.ts';

/** What of `__attribute__` changes a layout or cannot be passed over. */
export interface Attributes {
  packed?: boolean;
  /** Bytes. */
  align?: number;
  cleanup?: boolean;
}

/** Largest alignment on x86-64: a bare `aligned`. */
const MAX_ALIGN = 16;

/** Any number of `__attribute__((…))` and `_Alignas(…)`; none is fine too. */
export function attributes(p: Parsing): Attributes {
  const result: Attributes = {};
  const { cursor } = p;
  for (;;) {
    if (cursor.is('_Alignas')) {
      cursor.next();
      cursor.expect('(');
      result.align = Math.max(result.align ?? 1, Number(p.constant().value));
      cursor.expect(')');
    } else if (cursor.is('__attribute__') || cursor.is('__attribute')) {
      cursor.next();
      list(p, result);
    } else return result;
  }
}

function list(p: Parsing, result: Attributes): void {
  const { cursor } = p;
  cursor.expect('(');
  cursor.expect('(');
  while (!cursor.is(')')) {
    if (cursor.accept(',')) continue;
    const name = word(cursor.next());
    if (name === 'aligned') {
      let align = MAX_ALIGN;
      if (cursor.accept('(')) {
        align = Number(p.constant().value);
        cursor.expect(')');
      }
      result.align = Math.max(result.align ?? 1, align);
    } else {
      if (name === 'packed') result.packed = true;
      if (name === 'cleanup') result.cleanup = true;
      if (cursor.is('(')) cursor.group();
    }
  }
  cursor.expect(')');
  cursor.expect(')');
}

const word = (token: CToken): string => token.text.replace(/^__(.*)__$/, '$1');
