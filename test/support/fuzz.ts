import { mulberry32, type Random } from '../conformance/faults/random.ts';
import { samples } from './samples.ts';

/** What kernel C is made of, and what goes wrong between it: the normaliser's rules look for most of these. */
const FRAGMENTS = [
  ...'( ) [ ] { } ; , * : . -> & && | = == ++ <<= ... ? # ## \\ / " \' < > ! ~ @ $ `'.split(' '),
  ...'for_each_x( walk_each( MACRO( __init __must_hold( __acquires( __aligned( typeof( offsetof( __alignof__'.split(
    ' ',
  ),
  ...'asm asm_volatile_goto( volatile SYSCALL_DEFINE2( struct union enum int const static typedef return'.split(' '),
  ...'if( else do while( case default: goto sizeof _Generic( struct_group( DEFINE_PER_CPU( module_init('.split(' '),
  ...'scoped_guard( guard( list_for_each_entry( __attribute__(( a b c f( 0 1 0x1e+2 1.5f 4k .5 L"w" "s" \'c\''.split(
    ' ',
  ),
  ...[
    '\n',
    '\r\n',
    '\r',
    '\t',
    ' ',
    '\f',
    '\v',
    '\0',
    '\u00a0',
    '\u2028',
    '\ufeff',
    '\ud800',
    '\udc00',
    '\u{1F642}',
    'é',
  ],
  ...[
    '/* c */',
    '// c\n',
    '// c \\\n',
    '/*',
    '*/',
    '\\\n',
    '\\\r\n',
    '\n}\n',
    '\n{\n',
    '#',
    '\n#if 0\n',
    '\n#if A && \\\n B\n',
  ],
  ...[
    '\n#ifdef A\n',
    '\n#ifndef A\n',
    '\n#elif B\n',
    '\n#else\n',
    '\n#endif\n',
    '\n#include <a.h>\n',
    "\n#error don't\n",
  ],
  ...[
    '\n#define each(x) for (x)\n',
    '\n#define own __attribute__((x))\n',
    '\n#define \n',
    '\n# define X(\n',
    '\n#define A \\\n',
  ],
  ...[
    '\nint f(void)\n{\n\treturn 0;\n}\n',
    '\nstruct s {\n\tint a;\n};\n',
    'if (x) {',
    '} else {',
    'do { } while (0);',
  ],
] as const;
const SAMPLES = Object.values(samples);

const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)]!;
const below = (n: number, random: Random): number => Math.floor(random() * n);

/** A sample that somebody types in: pieces cut out, doubled, moved and put in, characters lost. */
function mutated(random: Random): string {
  let text = pick(SAMPLES, random);
  for (let times = 1 + below(6, random); times > 0; times--) {
    const at = below(text.length + 1, random);
    const length = below(random() < 0.3 ? 200 : 8, random);
    const piece = text.slice(at, at + length);
    const how = below(5, random);
    if (how === 0) text = text.slice(0, at) + text.slice(at + length);
    else if (how === 1) text = text.slice(0, at) + piece + text.slice(at);
    else if (how === 2) text = text.slice(0, at) + pick(FRAGMENTS, random) + text.slice(at);
    else if (how === 3) text = text.slice(0, at) + pick(FRAGMENTS, random) + text.slice(at + length);
    else {
      const to = below(text.length + 1, random);
      text = text.slice(0, to) + piece + text.slice(to);
    }
  }
  return text;
}

function fragments(random: Random): string {
  const separator = pick([' ', '', ' ', '\n'], random);
  const few = random() < 0.3 ? Array.from({ length: 3 }, () => pick(FRAGMENTS, random)) : FRAGMENTS;
  return Array.from({ length: below(50, random) }, () => pick(few, random)).join(separator);
}

function units(random: Random): string {
  const most = pick([128, 256, 0x10000], random);
  return String.fromCharCode(...Array.from({ length: below(80, random) }, () => below(most, random)));
}

/** The first half of one and the second of another, in the middle of a token or not. */
function spliced(random: Random): string {
  const [a, b] = [pick(SAMPLES, random), pick(SAMPLES, random)];
  return a.slice(0, below(a.length + 1, random)) + b.slice(below(b.length + 1, random));
}

/** The input of a number: the same on every machine. Some 60 % are nearly C. */
export function fuzzInput(seed: number, number: number): string {
  const random = mulberry32(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const how = random();
  if (how < 0.4) return mutated(random);
  if (how < 0.55) return spliced(random);
  return how < 0.9 ? fragments(random) : units(random);
}

/** The smallest text that still fails, by leaving stretches out (Zeller and Hildebrandt's ddmin, without complements). */
export function shrunk(text: string, fails: (text: string) => boolean): string {
  let small = text;
  for (let size = Math.max(1, small.length >> 1); size >= 1; ) {
    let shorter = false;
    for (let at = 0; at < small.length; ) {
      const without = small.slice(0, at) + small.slice(at + size);
      if (fails(without)) {
        small = without;
        shorter = true;
      } else at += size;
    }
    if (!shorter) size >>= 1;
  }
  return small;
}
