import { InputError } from '../text/source.ts';

/** A part of a scenario and the C function that it becomes. */
export interface ScenarioPart {
  /** The C function that holds its body. */
  readonly function: string;
  /** THREAD: its name; INVARIANT: its text. */
  readonly name: string;
  readonly line: number;
}

/** A scenario file taken apart. `code` is plain C with the same lines: each part is a function. */
export interface Scenario {
  readonly file: string;
  readonly title: string;
  readonly sources: readonly string[];
  readonly setup: ScenarioPart | undefined;
  readonly threads: readonly ScenarioPart[];
  readonly invariants: readonly ScenarioPart[];
  readonly finally: ScenarioPart | undefined;
  readonly code: string;
}

/** CHECK(condition) in an INVARIANT: the invariant is violated when it is false. */
export const SCENARIO_PRELUDE = `#define CHECK(condition) do { if (!(condition)) return 1; } while (0)\n`;

const PART = /\b(SCENARIO|SOURCES|SETUP|THREAD|INVARIANT|FINALLY)\b/y;

/**
 * Reads a scenario: C with SCENARIO("…"), SOURCES("…", …), and SETUP, THREAD(name), INVARIANT("…"), FINALLY bodies at
 * file scope, in any order, beside ordinary C declarations and functions.
 *
 * @throws InputError naming the line, for a part that is not well formed, no thread, or braces that do not close
 */
export function readScenario(text: string, file: string): Scenario {
  const reader = new ScenarioReader(text, file);
  reader.read();
  return reader.result();
}

class ScenarioReader {
  private title: string | undefined;
  private readonly sources: string[] = [];
  private setup: ScenarioPart | undefined;
  private finale: ScenarioPart | undefined;
  private readonly threads: ScenarioPart[] = [];
  private readonly invariants: ScenarioPart[] = [];
  private code = '';
  private copied = 0;

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {}

  read(): void {
    const { text } = this;
    const open: { bracket: string; at: number }[] = [];
    for (let i = 0; i < text.length; ) {
      const skipped = this.skip(i);
      if (skipped > i) {
        i = skipped;
        continue;
      }
      const c = text[i]!;
      if (c === '(' || c === '{' || c === '[') open.push({ bracket: c, at: i });
      else if (c === ')' || c === '}' || c === ']') {
        const opener = open.pop();
        if (!opener || `${opener.bracket}${c}` !== { ')': '()', '}': '{}', ']': '[]' }[c])
          this.fail(`'${c}' closes nothing`, i);
      } else if (open.length === 0 && /[A-Z]/.test(c) && !/\w/.test(text[i - 1] ?? ' ')) {
        PART.lastIndex = i;
        const word = PART.exec(text)?.[1];
        if (word) {
          i = this.part(word, i);
          continue;
        }
      }
      i++;
    }
    const unclosed = open.pop();
    if (unclosed) this.fail(`'${unclosed.bracket}' is never closed`, unclosed.at);
    this.code += text.slice(this.copied);
  }

  result(): Scenario {
    if (this.title === undefined) this.fail('no SCENARIO("title") line: this is not a scenario', 0);
    if (this.threads.length === 0) this.fail('no THREAD(name) { … }: a scenario needs at least one thread', 0);
    const { file, title, sources, setup, threads, invariants, finale, code } = this;
    return { file, title, sources, setup, threads, invariants, finally: finale, code };
  }

  /** Past white space that matters to nobody: comments, literals and preprocessor lines at `i`. */
  private skip(i: number): number {
    const { text } = this;
    const c = text[i];
    if (c === '/' && text[i + 1] === '/') return this.lineEnd(i);
    if (c === '/' && text[i + 1] === '*') {
      const end = text.indexOf('*/', i + 2);
      return end < 0 ? this.fail('a comment is never closed', i) : end + 2;
    }
    if (c === '"' || c === "'") {
      for (let j = i + 1; j < text.length && text[j] !== '\n'; j++) {
        if (text[j] === '\\') j++;
        else if (text[j] === c) return j + 1;
      }
      return this.fail(`a ${c === '"' ? 'string' : 'character'} is never closed`, i);
    }
    if (c === '#' && /^[ \t]*$/.test(text.slice(text.lastIndexOf('\n', i - 1) + 1, i))) {
      let end = this.lineEnd(i);
      while (text[end - 1] === '\\' && end < text.length) end = this.lineEnd(end + 1);
      return end;
    }
    return i;
  }

  private lineEnd(i: number): number {
    const end = this.text.indexOf('\n', i);
    return end < 0 ? this.text.length : end;
  }

  /** Replaces a part's heading by C on the same lines; gives where to go on. */
  private part(word: string, at: number): number {
    const line = this.lineOf(at);
    let i = at + word.length;
    let argument = '';
    const opens = /^\s*\(/.exec(this.text.slice(i));
    if (opens) {
      const start = i + opens[0].length;
      i = this.closing(start, word, at);
      argument = this.text.slice(start, i - 1);
    }
    const strings = [...argument.matchAll(/"((?:\\.|[^"\\])*)"/g)].map(m => m[1]!);
    const newlines = '\n'.repeat(this.text.slice(at, i).split('\n').length - 1);
    if (word === 'SCENARIO' || word === 'SOURCES') {
      if (strings.length === 0)
        this.fail(`${word} takes ${word === 'SCENARIO' ? 'a title' : 'paths'} in quotes: ${word}("…");`, at);
      if (word === 'SCENARIO') this.title = strings.join('');
      else this.sources.push(...strings);
      const semicolon = /^\s*;/.exec(this.text.slice(i));
      if (!semicolon) this.fail(`${word}(…) must end with ;`, at);
      this.replace(at, i + semicolon[0].length, newlines);
      return i + semicolon[0].length;
    }
    if (!/^\s*\{/.test(this.text.slice(i).replace(/^(\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*)+/, '')))
      this.fail(`${word} is not followed by { … }`, at);
    const add = (name: string, fn: string, returns: string): ScenarioPart => {
      this.replace(at, i, `static ${returns} ${fn}(void)${newlines}`);
      return { function: fn, name, line };
    };
    if (word === 'SETUP') {
      if (this.setup) this.fail('a second SETUP', at);
      this.setup = add('setup', 'lockstep_setup', 'void');
    } else if (word === 'FINALLY') {
      if (this.finale) this.fail('a second FINALLY', at);
      this.finale = add('finally', 'lockstep_finally', 'void');
    } else if (word === 'THREAD') {
      const name = argument.trim();
      if (!/^[A-Za-z_]\w*$/.test(name)) this.fail('THREAD takes a name: THREAD(remap0) { … }', at);
      if (this.threads.some(t => t.name === name)) this.fail(`a second THREAD(${name})`, at);
      this.threads.push(add(name, `lockstep_thread_${name}`, 'void'));
    } else {
      if (strings.length === 0) this.fail('INVARIANT takes its text in quotes: INVARIANT("…") { … }', at);
      this.invariants.push(add(strings.join(''), `lockstep_invariant_${this.invariants.length + 1}`, 'int'));
    }
    return i;
  }

  /** Just past the parenthesis that closes the one before `start`. */
  private closing(start: number, word: string, at: number): number {
    for (let i = start, depth = 1; i < this.text.length; ) {
      const skipped = this.skip(i);
      if (skipped > i) {
        i = skipped;
        continue;
      }
      if (this.text[i] === '(') depth++;
      else if (this.text[i] === ')' && --depth === 0) return i + 1;
      i++;
    }
    return this.fail(`${word}( is never closed`, at);
  }

  private replace(from: number, to: number, by: string): void {
    this.code += this.text.slice(this.copied, from) + by;
    this.copied = to;
  }

  private lineOf(offset: number): number {
    return this.text.slice(0, offset).split('\n').length;
  }

  private fail(what: string, offset: number): never {
    const line = this.lineOf(offset);
    throw new InputError(`${this.file}:${line}: ${what}`, { file: this.file, line });
  }
}
