import type { Ptr } from '../../machine/abi.ts';
import { hexAddress } from '../../machine/layout.ts';

/** What formatting needs to know of the machine. */
export interface FormatMachine {
  /** The NUL-terminated string at an address, one char per byte, at most `limit`; undefined when nothing is mapped there. */
  cstring(p: Ptr, limit?: number): string | undefined;
  /** `function+0x10`; undefined for an address that is no function's. */
  symbolAt(p: Ptr): string | undefined;
  read(p: Ptr, type: 'u8' | 'u16' | 'u32'): number;
  read(p: Ptr, type: 'u64'): bigint;
}

type Argument = number | bigint;

const DIRECTIVE = /%(?:%|([-+ #0]*)(\*|-?\d+)?(?:\.(\*|-?\d*))?(hh|h|ll|l|L|q|z|t|j)?([a-zA-Z]))/g;
const BITS: Readonly<Record<string, number>> = { hh: 8, h: 16, l: 64, ll: 64, L: 64, q: 64, z: 64, t: 64, j: 64 };

/**
 * vsnprintf() of lib/vsprintf.c without a size.
 *
 * Arguments are as C's promotions leave them. %p, which a kernel hashes, prints the plain value, as %px does; %n is
 * refused as the kernel refuses it.
 *
 * @returns the text, one char per byte
 */
export function format(text: string, args: readonly Argument[], machine: FormatMachine): string {
  let next = 0;
  const take = (): Argument => args[next++] ?? 0;
  let out = '';
  let at = 0;
  for (let m = nextDirective(text, at); m; m = nextDirective(text, at)) {
    out += text.slice(at, m.index);
    at = m.index + m[0].length;
    if (m[0] === '%%') {
      out += '%';
      continue;
    }
    let flags = m[1] ?? '';
    let width = m[2] === '*' ? Number(take()) : Number(m[2] ?? 0);
    if (width < 0) {
      flags += '-';
      width = -width;
    }
    let precision = m[3] === undefined ? undefined : m[3] === '*' ? Number(take()) : Number(m[3] || 0);
    if (precision !== undefined && precision < 0) precision = m[3] === '*' ? 0 : undefined;
    const spec: Spec = { flags, width, precision, bits: BITS[m[4] ?? ''] ?? 32 };
    const conversion = m[5]!;
    if (conversion === 'p') {
      const extension = /^[A-Za-z][A-Za-z0-9]*/.exec(text.slice(at))?.[0] ?? '';
      const { shown, used } = pointer(Number(take()), extension, spec, machine);
      at += used;
      out += shown;
    } else out += one(conversion, spec, take, machine) ?? m[0];
  }
  return out + text.slice(at);
}

function nextDirective(text: string, from: number): RegExpExecArray | null {
  DIRECTIVE.lastIndex = from;
  return DIRECTIVE.exec(text);
}

interface Spec {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly bits: number;
}

function one(conversion: string, spec: Spec, take: () => Argument, machine: FormatMachine): string | undefined {
  switch (conversion) {
    case 'd':
    case 'i':
      return integer(BigInt.asIntN(spec.bits, BigInt(take())), 10, spec);
    case 'u':
      return integer(BigInt.asUintN(spec.bits, BigInt(take())), 10, spec);
    case 'o':
      return integer(BigInt.asUintN(spec.bits, BigInt(take())), 8, spec);
    case 'x':
      return integer(BigInt.asUintN(spec.bits, BigInt(take())), 16, spec);
    case 'X':
      return integer(BigInt.asUintN(spec.bits, BigInt(take())), 16, spec).toUpperCase();
    case 'c':
      return pad(String.fromCharCode(Number(take()) & 0xff), spec);
    case 's':
      return string(Number(take()), spec, machine);
    default:
      return undefined;
  }
}

/** number() of lib/vsprintf.c. */
function integer(value: bigint, base: number, { flags, width, precision }: Spec): string {
  const negative = value < 0n;
  let digits = (negative ? -value : value).toString(base);
  if (precision !== undefined) digits = digits.padStart(precision, '0');
  const sign = negative ? '-' : base !== 10 ? '' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const prefix = flags.includes('#') ? (base === 16 ? '0x' : base === 8 ? '0' : '') : '';
  const room = width - sign.length - prefix.length;
  if (flags.includes('0') && !flags.includes('-') && precision === undefined) digits = digits.padStart(room, '0');
  return pad(sign + prefix + digits, { flags, width });
}

function string(p: Ptr, spec: Spec, machine: FormatMachine): string {
  const text =
    p >= 0 && p < 4096 ? (p === 0 ? '(null)' : '(efault)') : (machine.cstring(p, spec.precision) ?? '(efault)');
  return pad(spec.precision === undefined ? text : text.slice(0, spec.precision), spec);
}

/** Extensions of %p: Documentation/core-api/printk-formats.rst. `used` is how many of their letters were understood. */
function pointer(p: Ptr, extension: string, spec: Spec, machine: FormatMachine): { shown: string; used: number } {
  const plain = (used: number) => ({ shown: pad(hexAddress(p).slice(2), { ...spec, width: spec.width || 16 }), used });
  switch (extension[0]) {
    case 'x':
    case 'K':
      return plain(1);
    case 'S':
    case 'B': {
      const symbol = machine.symbolAt(p);
      return { shown: pad(symbol ?? hexAddress(p), spec), used: /^[SB][Rb]?/.exec(extension)![0].length };
    }
    case 's':
      return { shown: pad(machine.symbolAt(p)?.replace(/\+.*/, '') ?? hexAddress(p), spec), used: 1 };
    case 'e':
      return { shown: pad(p >= -4095 && p < 0 ? String(p) : hexAddress(p).slice(2), spec), used: 1 };
    case 'a': {
      const used = /^a[pd]?/.exec(extension)![0].length;
      return { shown: pad(`0x${machine.read(p, 'u64').toString(16).padStart(16, '0')}`, spec), used };
    }
    default:
      return plain(0);
  }
}

const pad = (text: string, { flags, width }: { readonly flags: string; readonly width: number }): string =>
  flags.includes('-') ? text.padEnd(width) : text.padStart(width);
