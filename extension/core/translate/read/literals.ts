import { InputError } from '../../text/source.ts';
import type { IntType } from '../ctype.ts';
import { INT, LLONG, LONG, UINT, ULLONG, ULONG } from './types.ts';

/** An integer constant: its value and, by C11 6.4.4.1, its type. */
export function integerLiteral(text: string): { value: bigint; type: IntType } {
  const match = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)([uUlL]*)$/.exec(text);
  if (!match) throw new InputError(`\`${text}\` is no integer constant (floating point is not supported)`);
  const digits = match[1]!;
  const suffix = match[2]!.toLowerCase();
  const octal = /^0\d/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  const decimal = !octal && /^\d+$/.test(digits);
  const candidates: [IntType, bigint][] = [
    [INT, 0x7fffffffn],
    [UINT, 0xffffffffn],
    [LONG, 0x7fffffffffffffffn],
    [ULONG, 0xffffffffffffffffn],
  ];
  const unsigned = suffix.includes('u');
  const long = suffix.includes('l');
  const found = candidates.find(([type, max]) => {
    const isU = type === UINT || type === ULONG;
    if (value > max || (long && (type === INT || type === UINT))) return false;
    return unsigned ? isU : !isU || !decimal;
  });
  if (!found) throw new InputError(`\`${text}\` does not fit any integer type`);
  const type = found[0];
  if (!suffix.includes('ll')) return { value, type };
  return { value, type: type === ULONG ? ULLONG : LLONG };
}

const SIMPLE: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, e: 27, E: 27 };

/** The bytes between the quotes of a string or character literal (one char per byte); other characters in UTF-8. */
export function literalBytes(text: string): string {
  const quote = text.search(/["']/);
  const inner = text.slice(quote + 1, -1);
  let bytes = '';
  for (let i = 0; i < inner.length; ) {
    const rest = inner.slice(i);
    const escape = /^\\(?:x([0-9a-fA-F]+)|([0-7]{1,3})|(.))/s.exec(rest);
    if (escape) {
      const [whole, hex, octal, simple] = escape;
      const code = hex
        ? Number.parseInt(hex, 16)
        : octal
          ? Number.parseInt(octal, 8)
          : (SIMPLE[simple!] ?? simple!.charCodeAt(0));
      bytes += String.fromCharCode(code & 0xff);
      i += whole.length;
    } else {
      const char = String.fromCodePoint(inner.codePointAt(i)!);
      bytes += char < '\u0080' ? char : utf8(char);
      i += char.length;
    }
  }
  return bytes;
}

const utf8 = (char: string): string => String.fromCharCode(...new TextEncoder().encode(char));

/** A character constant has type int and the value of a (signed) char; several characters count as gcc counts them. */
export function charValue(text: string): bigint {
  const bytes = literalBytes(text);
  let value = 0;
  for (const byte of bytes) value = (value << 8) | byte.charCodeAt(0);
  return bytes.length === 1 ? BigInt.asIntN(8, BigInt(value)) : BigInt.asIntN(32, BigInt(value));
}
