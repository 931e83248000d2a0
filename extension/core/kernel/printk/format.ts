import type { Ptr } from '../../machine/abi.ts';
import { PAGE_SIZE } from '../../machine/layout.ts';
import { errnoName } from './errnoNames.ts';

/** What formatting needs of the machine; what cannot be read is the machine's to report. */
export interface FormatMachine {
  /** The bytes before the NUL at an address, one char per byte, at most `limit`; reads no byte beyond these. */
  cstring(p: Ptr, limit?: number): string;
  u64(p: Ptr): bigint;
  /** `function+0x10`; undefined for an address that is no function's. */
  symbolAt(p: Ptr): string | undefined;
  /** The kernel complains of the format and goes on. */
  warn(text: string): void;
  /** C gives no meaning to this format with these arguments. */
  fault(text: string): never;
}

/** An argument after C's promotions: 64-bit integers are bigint, pointers and all else are number. */
export type Argument = number | bigint;

interface Spec {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

const DIRECTIVE = /%([-+ #0]*)(\d+|\*)?(\.(?:\d+|\*)?)?(hh|h|ll|l|L|z|t)?(.?)/gs;
const BITS: Readonly<Record<string, number>> = { hh: 8, h: 16, l: 64, ll: 64, L: 64, z: 64, t: 64 };
/** FIELD_WIDTH_MAX and PRECISION_MAX of lib/vsprintf.c. */
const WIDTH_MAX = 2 ** 23 - 1;
const PRECISION_MAX = 2 ** 15 - 1;

/**
 * vsnprintf() of lib/vsprintf.c without a size, where it differs from C too: the 0 flag counts beside a precision, `%+u`
 * has no sign, `%#o` of 0 has no prefix, `*` gives a negative precision the value 0, and an unsupported conversion (`%n`,
 * `%f`) ends the text.
 *
 * %p and %pK, which a kernel hashes, print the 16 digits of the address, as no_hash_pointers and %px do. %pS and %pB give
 * `function+0x0` without the function's size: no function has one here. Extensions of %p that read structures
 * (%pd, %pGp, %pV, …) print the address, too.
 *
 * @param text the format, and so the result: one char per byte
 */
export function format(text: string, args: readonly Argument[], machine: FormatMachine): string {
  let out = '';
  let at = 0;
  let next = 0;
  const take = (directive: string): Argument =>
    args[next++] ?? machine.fault(`a format has no argument for ${directive}: ${JSON.stringify(text)}`);
  for (;;) {
    DIRECTIVE.lastIndex = at;
    const m = DIRECTIVE.exec(text);
    if (m === null) return out + text.slice(at);
    out += text.slice(at, m.index);
    at = m.index + m[0].length;
    const conversion = m[5]!;
    if (!CONVERSIONS.includes(conversion) || conversion === '') {
      machine.warn(`Please remove unsupported %${conversion} in format string`);
      return out;
    }
    const spec = specOf(m, () => Number(take(m[0])));
    if (conversion === '%') out += '%';
    else if (conversion === 'p') {
      const extension = /^[A-Za-z0-9]*/.exec(text.slice(at))![0];
      at += extension.length;
      out += pointer(take(m[0]), extension, spec, machine);
    } else out += convert(conversion, BITS[m[4] ?? ''] ?? 32, spec, take(m[0]), machine);
  }
}

const CONVERSIONS = 'diuoxXcsp%';

/** Flags, width and precision of a directive; `*` takes an argument each. */
function specOf(m: RegExpExecArray, star: () => number): Spec {
  let flags = m[1]!;
  let width = m[2] === undefined ? undefined : m[2] === '*' ? star() : Number(m[2]);
  if (width !== undefined && width < 0) {
    flags += '-';
    width = -width;
  }
  const asked = m[3]?.slice(1);
  const precision = !asked ? undefined : asked === '*' ? Math.max(0, star()) : Number(asked);
  return {
    flags,
    width: width === undefined ? undefined : Math.min(width, WIDTH_MAX),
    precision: precision === undefined ? undefined : Math.min(precision, PRECISION_MAX),
  };
}

function convert(conversion: string, bits: number, spec: Spec, arg: Argument, machine: FormatMachine): string {
  const unsigned = (): bigint => BigInt.asUintN(bits, BigInt(arg));
  switch (conversion) {
    case 'd':
    case 'i':
      return number(BigInt.asIntN(bits, BigInt(arg)), 10, spec, signOf);
    case 'u':
      return number(unsigned(), 10, spec);
    case 'o':
      return number(unsigned(), 8, spec);
    case 'x':
      return number(unsigned(), 16, spec);
    case 'X':
      return number(unsigned(), 16, spec).toUpperCase();
    case 'c':
      return pad(String.fromCharCode(Number(BigInt.asUintN(8, BigInt(arg)))), spec);
    default:
      return string(address(arg), spec, machine);
  }
}

const address = (arg: Argument): Ptr => (typeof arg === 'number' ? arg : Number(BigInt.asIntN(64, arg)));

const signOf = (value: bigint, flags: string): string =>
  value < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';

/** number() of lib/vsprintf.c. */
function number(value: bigint, base: 8 | 10 | 16, spec: Spec, signed?: typeof signOf): string {
  const { flags, width = 0, precision = 0 } = spec;
  const sign = signed?.(value, flags) ?? '';
  const prefix = !flags.includes('#') ? '' : base === 16 ? '0x' : base === 8 && value !== 0n ? '0' : '';
  let digits = (value < 0n ? -value : value).toString(base).padStart(precision, '0');
  if (flags.includes('0') && !flags.includes('-')) digits = digits.padStart(width - sign.length - prefix.length, '0');
  return pad(sign + prefix + digits, spec);
}

const isError = (p: Ptr): boolean => p < 0 && p >= -4095;

/** string() with check_pointer(): the two messages for what cannot be a string. */
function string(p: Ptr, spec: Spec, machine: FormatMachine): string {
  return text(complaint(p) ?? machine.cstring(p, spec.precision), spec);
}

function complaint(p: Ptr): string | undefined {
  if (p === 0) return '(null)';
  return (p > 0 && p < PAGE_SIZE) || isError(p) ? '(efault)' : undefined;
}

/** string_nocheck(): cut at the precision, padded to the width. */
const text = (bytes: string, spec: Spec): string => pad(bytes.slice(0, spec.precision), spec);

/** pointer() of lib/vsprintf.c: Documentation/core-api/printk-formats.rst lists the extensions. */
function pointer(arg: Argument, extension: string, spec: Spec, machine: FormatMachine): string {
  const p = address(arg);
  const value = BigInt.asUintN(64, BigInt(arg));
  switch (extension[0]) {
    case 'S':
    case 'B':
      return text(machine.symbolAt(p) ?? `0x${value.toString(16)}`, spec);
    case 's':
      return text(machine.symbolAt(p)?.replace(/\+.*/, '') ?? `0x${value.toString(16)}`, spec);
    case 'e':
      return isError(p) ? error(p, spec) : plain(value, spec);
    case 'a': {
      const wrong = complaint(p);
      return wrong ? text(wrong, spec) : number(machine.u64(p), 16, { flags: '#0', width: 18, precision: undefined });
    }
    case 'u':
    case 'k':
      return extension[1] === 's' ? string(p, spec, machine) : text('(einval)', spec);
    default:
      return plain(value, spec);
  }
}

function error(p: Ptr, spec: Spec): string {
  const name = errnoName(-p);
  return name === undefined ? number(BigInt(p), 10, spec, signOf) : text(`-${name}`, spec);
}

/** pointer_string(): all 16 digits, unless a width says otherwise. */
const plain = (value: bigint, spec: Spec): string =>
  number(value, 16, spec.width === undefined ? { ...spec, flags: `${spec.flags}0`, width: 16 } : spec);

const pad = (bytes: string, { flags, width = 0 }: Spec): string =>
  flags.includes('-') ? bytes.padEnd(width) : bytes.padStart(width);
