import { InputError } from '../text/source.ts';
import { type Condition, Cursor, type Question, readCondition, readInitial, type Value } from './parts.ts';
import { litmusTokens } from './tokens.ts';

/** A litmus test as a scenario, and what it asks of how that ends. */
export interface LitmusTest extends Question {
  readonly name: string;
  /** The scenario; its lines are those of the test. */
  readonly scenario: string;
  /** The verdict that its comment names (`Result: Never`). */
  readonly expected?: Verdict;
  /** C globals that hold at the end what the question is about, by how it names that: `x`, `1:r0`. */
  readonly watched: ReadonlyMap<string, string>;
}

/** Of an `exists` question: whether no state, some but not all, or all states are as it says. */
export type Verdict = 'Never' | 'Sometimes' | 'Always';

interface Thread {
  /** From after its name to before its body, and its body in braces: offsets in the text. */
  readonly parameters: string;
  readonly open: number;
  readonly close: number;
  readonly start: number;
}

/** Types that tests use without declaring them; the functions are the machine's own. */
const PRELUDE =
  `typedef struct { int raw; } spinlock_t; typedef struct { int counter; } atomic_t; typedef struct { long long counter; } atomic64_t;
struct srcu_struct { int srcu_idx; }; void spin_lock(spinlock_t *l); void spin_unlock(spinlock_t *l); int spin_trylock(spinlock_t *l); int spin_is_locked(spinlock_t *l);`.replace(
    /\n/g,
    ' ',
  );

/**
 * Reads a litmus test in C (tools/memory-model/Documentation/litmus-tests.txt) as a scenario: threads' bodies are C and are left as
 * they are, but for their locals, which the question asks about and which become globals.
 *
 * @throws InputError where it is something else: another language, no threads, no question
 */
export function litmusScenario(file: string, text: string): LitmusTest {
  const header = /^\s*(?:\(\*[\s\S]*?\*\)\s*)*(\w+)[ \t]+([^\n]*)/.exec(text);
  if (!header || header[1] !== 'C')
    throw new InputError(`${file}:1: not a litmus test in C; its first line must be "C" and a name`, { file, line: 1 });
  const name = header[2]!.trim();
  // Offsets and lines stay, so that places are right.
  const rest = header[0].replace(/[^\n]/g, ' ') + text.slice(header[0].length);
  const cursor = new Cursor(file, litmusTokens(file, rest));
  const { values, locals } = readInitial(cursor);
  const threads: Thread[] = [];
  for (let next = cursor.peek; /^P\d+$/.test(next); next = cursor.peek) {
    if (next !== `P${threads.length}`) cursor.fail(`P${threads.length} is expected here, not ${next}`);
    threads.push(readThread(cursor, rest));
  }
  if (threads.length === 0) cursor.fail('a thread P0(…) { … } is expected here');
  const question = readCondition(cursor);

  const types = new Map<string, string>();
  for (const { type, name: location } of values) if (type) types.set(location, type);
  for (const { parameters } of threads)
    for (const [location, type] of parametersOf(parameters)) if (!types.has(location)) types.set(location, type);
  const initial = new Map(values.map(v => [v.name, v.value]));
  for (const location of [...initial.values(), ...locals.values()])
    if (typeof location === 'string' && !types.has(location)) types.set(location, 'int');
  for (const location of initial.keys()) if (!types.has(location)) types.set(location, 'int');

  const watched = new Map<string, string>();
  const globals: string[] = [];
  for (const [location, type] of [...types].sort((a, b) => a[1].length - b[1].length)) {
    const value = initial.get(location);
    globals.push(`static ${type} ${location}${initialiser(type, value)};`);
    watched.set(location, location);
  }
  const bodies = threads.map((thread, t) => {
    const own = new Map<string, string>();
    const body = withoutLocals(rest.slice(thread.open + 1, thread.close), own);
    for (const [local, type] of own) {
      globals.push(`static ${type}P${t}_${local};`);
      watched.set(`${t}:${local}`, `P${t}_${local}`);
    }
    return { body, keeps: own };
  });
  // Globals go before the first thread, in one line; what is before it are comments and initial values.
  let scenario = '';
  let at = 0;
  threads.forEach((thread, t) => {
    const between = rest.slice(at, thread.start).replace(/[^\n]/g, '');
    const parameters = [...parametersOf(thread.parameters)].map(([p, type]) => `${type} *${p}`).join(', ') || 'void';
    const args = [...parametersOf(thread.parameters)].map(([p]) => `&${p}`).join(', ');
    const lead = t === 0 ? `SCENARIO(${JSON.stringify(name)}); ${PRELUDE} ${globals.join(' ')} ` : '';
    const { body, keeps } = bodies[t]!;
    // Its locals live in registers; they are put where the question finds them when the thread is done.
    const registers = [...keeps]
      .map(([local, type]) => `${type}${local}${localInitial(locals.get(`${t}:${local}`))};`)
      .join(' ');
    const save = [...keeps.keys()].map(local => `P${t}_${local} = ${local};`).join(' ');
    const gap = rest.slice(thread.start, thread.open).replace(/[^\n]/g, '');
    scenario += `${between}${gap}${lead}static void lockstep_P${t}(${parameters}) { ${registers} ${body} ${save} } THREAD(P${t}) { lockstep_P${t}(${args}); }`;
    at = thread.close + 1;
  });
  const expected = /\bResult:\s*(Never|Sometimes|Always)\b/.exec(text)?.[1] as Verdict | undefined;
  return { name, scenario: `${scenario}\n`, ...(expected ? { expected } : {}), watched, ...question };
}

/** Whether a function of such a scenario is a thread's body. */
export const isThread = (name: string): boolean => /^lockstep_P\d+$/.test(name);

function readThread(cursor: Cursor, text: string): Thread {
  const { start } = cursor;
  cursor.next();
  const from = cursor.start;
  let depth = 0;
  do {
    if (cursor.take('(')) depth++;
    else if (cursor.take(')')) depth--;
    else cursor.next();
  } while (depth > 0);
  const parameters = text.slice(from + 1, text.lastIndexOf(')', cursor.start));
  const open = cursor.start;
  if (cursor.peek !== '{') cursor.fail(`{ is expected here, not ${cursor.peek}`);
  let close = open;
  do {
    close = cursor.start;
    if (cursor.take('{')) depth++;
    else if (cursor.take('}')) depth--;
    else cursor.next();
  } while (depth > 0);
  return { parameters, open, close, start };
}

/** `int *x, int **p, spinlock_t *l`: names and what they point to. */
function parametersOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of text.split(',')) {
    const match = /^\s*((?:\w+\s+)+|(?:\w+\s*)+?)\s*((?:\*\s*)*)(\w+)\s*$/.exec(part);
    if (!match || match[3] === 'void') continue;
    const stars = match[2]!.replace(/\s/g, '').slice(1);
    found.set(match[3]!, `${match[1]!.trim()}${stars && ` ${stars}`}`);
  }
  return found;
}

const DECLARATION =
  /(^|[;{}])(\s*)((?:const |unsigned |struct )*(?:int|long|u?int\d+_t|u\d+|s\d+|bool|intptr_t|uintptr_t|char|struct \w+))(\s+)([^;=()]+?)(=[^;]*)?;/g;

/** Takes declarations of locals out, and notes them with their types; initial values become assignments. */
function withoutLocals(body: string, locals: Map<string, string>): string {
  let text = body;
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(
      DECLARATION,
      (_all, lead: string, gap: string, type: string, _space: string, names: string, init = '') => {
        let last = '';
        for (const part of names.split(',')) {
          const [, stars = '', name = ''] = /^\s*((?:\*\s*)*)(\w+)\s*$/.exec(part) ?? [];
          if (!name) continue;
          locals.set(name, `${type} ${stars.replace(/\s/g, '')}`);
          last = name;
        }
        return `${lead}${gap}${init ? `${last} ${init};` : ''}`;
      },
    );
  }
  return text;
}

const localInitial = (value: Value | undefined): string =>
  value === undefined ? '' : ` = ${typeof value === 'string' ? `&${value}` : value}`;

function initialiser(type: string, value: Value | undefined): string {
  if (value === undefined || value === 0) return '';
  if (typeof value === 'string') return type.includes('*') ? ` = &${value}` : ` = (${type})&${value}`;
  return /^atomic/.test(type) ? ` = { ${value} }` : ` = ${value}`;
}

/** Whether a state satisfies a condition; `valueOf` gives what is watched, `addressOf` the address of a location. */
export function satisfies(
  condition: Condition,
  valueOf: (watched: string) => bigint,
  addressOf: (location: string) => bigint,
): boolean {
  switch (condition.kind) {
    case 'true':
      return true;
    case 'not':
      return !satisfies(condition.of, valueOf, addressOf);
    case 'and':
      return satisfies(condition.left, valueOf, addressOf) && satisfies(condition.right, valueOf, addressOf);
    case 'or':
      return satisfies(condition.left, valueOf, addressOf) || satisfies(condition.right, valueOf, addressOf);
    case 'is': {
      const { thread, name, value, negated } = condition;
      const found = valueOf(thread === undefined ? name : `${thread}:${name}`);
      const wanted = typeof value === 'string' ? addressOf(value) : BigInt(value);
      return (found === wanted) !== negated;
    }
  }
}
