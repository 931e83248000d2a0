import { Kind, type Tokens } from '../read/tokens.ts';

/** A statement, or the head of a compound one: a range of tokens, and the statements that may run next. */
export interface Statement {
  readonly from: number;
  readonly to: number;
  readonly next: number[];
}

interface Around {
  /** Statements that `break` leaves from; `continue` goes to `head`, or waits in `continues` for one. */
  readonly breaks: number[];
  readonly continues: number[] | undefined;
  readonly head: number;
}

const LOOP_NAME = /for_each|foreach|^for_/;

/**
 * The order in which the statements of a body can run. Coarser than the graph of `read/body.ts`: a condition is one
 * statement, whatever it short-cuts, and every statement is in it, also those that do nothing to locks.
 */
export function statementsOf(tokens: Tokens): readonly Statement[] {
  return new Reader(tokens).read();
}

class Reader {
  private readonly all: Statement[] = [];
  /** Statements from which what is read next is reached. */
  private open: number[] = [];
  private readonly around: Around[] = [];
  private readonly labels = new Map<string, number>();
  private readonly gotos: { readonly from: number; readonly label: string }[] = [];

  constructor(private readonly tokens: Tokens) {}

  read(): readonly Statement[] {
    this.add(0, 0);
    for (let i = 0; i < this.tokens.count; ) i = this.statement(i);
    for (const { from, label } of this.gotos) {
      const to = this.labels.get(label);
      if (to !== undefined) this.all[from]!.next.push(to);
    }
    return this.all;
  }

  private add(from: number, to: number): number {
    const number = this.all.length;
    this.all.push({ from, to, next: [] });
    this.join(number);
    this.open = [number];
    return number;
  }

  private join(to: number): void {
    for (const from of this.open) this.all[from]!.next.push(to);
  }

  /** After the bracket at `open`; always further on. */
  private after(open: number): number {
    const match = this.tokens.match[open]!;
    return match > open ? Math.min(match + 1, this.tokens.count) : open + 1;
  }

  /** To behind the next `mark` that stands in no bracket. */
  private until(i: number, mark: string): number {
    const { text, match, count } = this.tokens;
    while (i < count && text[i] !== mark && text[i] !== '}') i = match[i]! > i ? match[i]! + 1 : i + 1;
    return Math.min(text[i] === mark ? i + 1 : i, count);
  }

  private block(open: number): number {
    const end = this.tokens.match[open]!;
    let i = open + 1;
    while (i < end && i < this.tokens.count) i = this.statement(i);
    return Math.min(Math.max(end + 1, i), this.tokens.count);
  }

  private statement(i: number): number {
    const { text, kind, count } = this.tokens;
    const word = text[i]!;
    if (word === '{') return this.block(i);
    if (word === ';' || word === '}' || word === ')' || word === 'else') return i + 1;
    if (kind[i] === Kind.Name) {
      const bracket = text[i + 1] === '(';
      if (word === 'if' && bracket) return this.branch(i);
      if ((word === 'while' || word === 'for') && bracket) return this.loop(i, this.after(i + 1));
      if (word === 'switch' && bracket) return this.choice(i);
      if (word === 'do') return this.repeat(i);
      if (word === 'case' || word === 'default') {
        const head = this.around.findLast(a => a.continues === undefined)?.head;
        if (head !== undefined && !this.open.includes(head)) this.open.push(head);
        return this.until(i, ':');
      }
      if (word === 'goto') {
        const from = this.add(i, i + 2);
        this.gotos.push({ from, label: text[i + 1] ?? '' });
        this.open = [];
        return this.until(i, ';');
      }
      if (word === 'break' || word === 'continue') return this.leave(i, word);
      if (word === 'return') {
        const end = this.until(i, ';');
        this.add(i, end);
        this.open = [];
        return end;
      }
      if (text[i + 1] === ':' && text[i + 2] !== ':') {
        this.labels.set(word, this.add(i, i));
        return i + 2;
      }
      if (bracket) {
        const end = this.after(i + 1);
        const next = text[end] ?? '';
        if (end < count && (next === '{' || (LOOP_NAME.test(word) && next !== ';'))) return this.loop(i, end);
      }
    }
    const end = Math.max(this.until(i, ';'), i + 1);
    this.add(i, end);
    return end;
  }

  private branch(i: number): number {
    const { text } = this.tokens;
    const body = this.after(i + 1);
    const head = this.add(i, body);
    let end = this.statement(body);
    if (text[end] !== 'else') {
      this.open.push(head);
      return end;
    }
    const then = this.open;
    this.open = [head];
    end = this.statement(end + 1);
    this.open.push(...then);
    return end;
  }

  private loop(i: number, body: number): number {
    const head = this.add(i, body);
    const breaks: number[] = [];
    this.around.push({ breaks, continues: [], head });
    const end = this.statement(body);
    this.around.pop();
    this.join(head);
    this.open = [head, ...breaks];
    return end;
  }

  private repeat(i: number): number {
    const { text } = this.tokens;
    const head = this.add(i, i);
    const breaks: number[] = [];
    const continues: number[] = [];
    this.around.push({ breaks, continues, head: -1 });
    let end = this.statement(i + 1);
    this.around.pop();
    this.open.push(...continues);
    if (text[end] === 'while' && text[end + 1] === '(') {
      const from = end;
      end = this.after(end + 1);
      const condition = this.add(from, end);
      this.all[condition]!.next.push(head);
    } else this.join(head);
    this.open.push(...breaks);
    return end;
  }

  private choice(i: number): number {
    const body = this.after(i + 1);
    const head = this.add(i, body);
    const breaks: number[] = [];
    this.around.push({ breaks, continues: undefined, head });
    this.open = [];
    const end = this.statement(body);
    this.around.pop();
    this.open.push(head, ...breaks);
    return end;
  }

  private leave(i: number, word: string): number {
    const from = this.add(i, i + 1);
    const around = word === 'break' ? this.around.at(-1) : this.around.findLast(a => a.continues !== undefined);
    if (word === 'break') around?.breaks.push(from);
    else if (around && around.head >= 0) this.all[from]!.next.push(around.head);
    else around?.continues?.push(from);
    this.open = [];
    return this.until(i, ';');
  }
}
