import type { CutFunction, Token } from './cut.ts';
import { argumentText, HARMLESS, OPERATIONS, type Operation, OTHER_LOCKING, plainPath } from './locking.ts';
import { type Statement, statements, Unreadable, walk } from './statements.ts';

/** A locking statement `op(lock);` of a function. */
export interface LockStatement {
  readonly statement: Statement;
  readonly operation: Operation;
  /** The function called, and the tokens of the lock's argument and of the one after it (flags), if there is one. */
  readonly call: Token;
  readonly path: readonly Token[];
  readonly flags: string | undefined;
  /** The lock as written, without spaces. */
  readonly lock: string;
}

/** A point of a function's control flow: before a statement, or its end. */
interface Point {
  readonly statement: Statement | undefined;
  readonly next: Set<number>;
}

/** What may be true of a lock at a point, as bits. */
export const State = { untouched: 1, held: 2, released: 4 } as const;

/**
 * The control flow of one function, and where each of its locks is held: independent of the analyser that is judged, and
 * much narrower. It speaks only of locks whose every mention is a plain locking statement.
 */
export class Graph {
  readonly root: Statement;
  readonly locking: readonly LockStatement[];
  private readonly points: Point[] = [];
  private readonly at = new Map<Statement, number>();
  private readonly labels = new Map<string, number>();
  private readonly gotos: { readonly from: number; readonly label: string }[] = [];
  private readonly exit: number;
  private readonly clean = new Map<string, boolean>();
  private readonly usual = new Map<string, readonly number[]>();

  /** @throws Unreadable when the body is not plain statements */
  constructor(readonly f: CutFunction) {
    this.root = statements(f.body);
    this.exit = this.point(undefined);
    const entry = this.point(undefined);
    const ends = this.flow(this.root, [entry], undefined, undefined);
    this.join(ends, this.exit);
    for (const { from, label } of this.gotos) {
      const to = this.labels.get(label);
      if (to === undefined) throw new Unreadable(`no label ${label}`);
      this.points[from]!.next.add(to);
    }
    this.locking = [...walk(this.root)].flatMap(s => this.lockStatement(s) ?? []);
  }

  tokens(s: Statement): readonly Token[] {
    return this.f.body.slice(s.start, s.end);
  }

  /** The locks whose state is known everywhere: not held at entry, and held or not, never either, at every point. */
  known(lock: string): boolean {
    let known = this.clean.get(lock);
    if (known === undefined) this.clean.set(lock, (known = this.onlyPlain(lock) && this.balanced(lock)));
    return known;
  }

  /** Is the lock held just before this statement, on every path? */
  heldBefore(lock: string, s: Statement): boolean {
    const at = this.at.get(s);
    return this.known(lock) && at !== undefined && this.statesOf(lock)[at] === State.held;
  }

  /** Can control get here at all? */
  reached(lock: string, s: Statement): boolean {
    const at = this.at.get(s);
    return at !== undefined && this.statesOf(lock)[at] !== 0;
  }

  /**
   * What becomes of a lock when a statement that releases it is gone: the states in which the function may end, and whether the lock
   * may be acquired while it is held.
   */
  without(lock: string, gone: Statement): { readonly atExit: number; readonly doubled: boolean } {
    const states = this.states(lock, gone);
    const doubled = this.locking.some(
      l =>
        l.lock === lock && l.operation.effect === 'acquire' && (states[this.at.get(l.statement)!]! & State.held) !== 0,
    );
    return { atExit: states[this.exit]!, doubled };
  }

  /** Is every path balanced: acquired only when not held, released only when held, not held at the end? */
  private balanced(lock: string): boolean {
    const states = this.statesOf(lock);
    for (const l of this.locking) {
      if (l.lock !== lock) continue;
      const before = states[this.at.get(l.statement)!]!;
      if (l.operation.effect === 'acquire' ? before & State.held : before & ~State.held) return false;
    }
    const flagsDiffer = new Set(
      this.locking.filter(l => l.lock === lock && l.operation.context === 'irqsave').map(l => l.flags),
    );
    const mixed = states.some(s => (s & State.held) !== 0 && s !== State.held);
    return !mixed && (states[this.exit]! & State.held) === 0 && flagsDiffer.size <= 1;
  }

  /** The lock is mentioned in plain locking statements alone, or where it stays as it is. */
  private onlyPlain(lock: string): boolean {
    const { body } = this.f;
    const inside = new Set<number>();
    for (const l of this.locking) {
      if (l.lock === lock) for (let i = l.statement.start; i < l.statement.end; i++) inside.add(i);
      else if (aliases(l.lock, lock)) return false;
    }
    const bare = lock.replace(/^&/, '');
    for (let i = 0; i < body.length; i++) {
      if (inside.has(i)) continue;
      if (body[i]!.kind === 'id' && OTHER_LOCKING.test(body[i]!.text) && body[i + 1]?.text === '(') return false;
      if (body[i - 1]?.text === '->' || body[i - 1]?.text === '.') continue;
      let text = '';
      for (let j = i; j < body.length && text.length < bare.length; j++) text += body[j]!.text;
      if (text === bare && !this.harmless(i)) return false;
    }
    return true;
  }

  /** Is the token an argument of a call that leaves locks as they are? */
  private harmless(at: number): boolean {
    let depth = 0;
    for (let i = at - 1; i > 0; i--) {
      const { text } = this.f.body[i]!;
      if (text === ')') depth++;
      else if (text === '(' && depth-- === 0) return HARMLESS.test(this.f.body[i - 1]!.text);
      else if (text === ';' || text === '{' || text === '}') return false;
    }
    return false;
  }

  private lockStatement(s: Statement): LockStatement | undefined {
    if (s.kind !== 'simple') return undefined;
    const list = this.tokens(s);
    const operation = OPERATIONS.get(list[0]!.text);
    if (!operation || list[1]?.text !== '(' || list.at(-2)?.text !== ')') return undefined;
    const inner = list.slice(2, -2);
    let depth = 0;
    const comma = inner.findIndex(t => {
      if (t.text === '(' || t.text === '[') depth++;
      else if (t.text === ')' || t.text === ']') depth--;
      return depth === 0 && t.text === ',';
    });
    const path = comma < 0 ? inner : inner.slice(0, comma);
    if (!plainPath(path) || path.some((t, i) => t.kind === 'id' && path[i + 1]?.text === '(')) return undefined;
    const flags = comma < 0 ? undefined : argumentText(inner.slice(comma + 1));
    return { statement: s, operation, call: list[0]!, path, flags, lock: argumentText(path) };
  }

  /** Which states the lock may be in before each point. */
  private statesOf(lock: string): readonly number[] {
    let states = this.usual.get(lock);
    if (!states) this.usual.set(lock, (states = this.states(lock, undefined)));
    return states;
  }

  /** The same when a statement does nothing. */
  private states(lock: string, gone: Statement | undefined): number[] {
    const effects = new Map<number, 'acquire' | 'release'>();
    for (const l of this.locking)
      if (l.lock === lock && l.statement !== gone) effects.set(this.at.get(l.statement)!, l.operation.effect);
    const states = this.points.map(() => 0);
    const entry = this.exit + 1;
    states[entry] = State.untouched;
    const work = [entry];
    for (let at = work.pop(); at !== undefined; at = work.pop()) {
      const effect = effects.get(at);
      const after = effect === 'acquire' ? State.held : effect === 'release' ? State.released : states[at]!;
      for (const next of this.points[at]!.next) {
        if ((states[next]! | after) === states[next]) continue;
        states[next]! |= after;
        work.push(next);
      }
    }
    return states;
  }

  private point(statement: Statement | undefined): number {
    this.points.push({ statement, next: new Set() });
    if (statement) this.at.set(statement, this.points.length - 1);
    return this.points.length - 1;
  }

  private join(ends: readonly number[], to: number): void {
    for (const end of ends) this.points[end]!.next.add(to);
  }

  /** Adds the points of a statement behind `from`; gives the points from which control goes on behind it. */
  private flow(s: Statement, from: readonly number[], out: Jumps | undefined, loop: Jumps | undefined): number[] {
    if (s.kind === 'block')
      return s.list.reduce<number[]>((ends, inner) => this.flow(inner, ends, out, loop), [...from]);
    const here = this.point(s);
    this.join(from, here);
    switch (s.kind) {
      case 'simple':
        return [here];
      case 'label':
        this.labels.set(s.label, here);
        return [here];
      case 'case':
        if (!out?.cases) throw new Unreadable('case outside a switch');
        out.cases.push(here);
        if (s.isDefault) out.hasDefault = true;
        return [here];
      case 'goto':
        this.gotos.push({ from: here, label: s.label });
        return [];
      case 'return':
        this.join([here], this.exit);
        return [];
      case 'break':
      case 'continue': {
        const jumps = s.kind === 'break' ? out : loop;
        if (!jumps) throw new Unreadable(`${s.kind} outside a loop`);
        (s.kind === 'break' ? jumps.breaks : jumps.continues).push(here);
        return [];
      }
      case 'if': {
        const then = this.flow(s.then, [here], out, loop);
        return [...then, ...(s.otherwise ? this.flow(s.otherwise, [here], out, loop) : [here])];
      }
      case 'loop': {
        const jumps: Jumps = { breaks: [], continues: [] };
        this.join([...this.flow(s.body, [here], jumps, jumps), ...jumps.continues], here);
        return [...(s.endless ? [] : [here]), ...jumps.breaks];
      }
      case 'do': {
        const jumps: Jumps = { breaks: [], continues: [] };
        const test = this.point(undefined);
        this.join([...this.flow(s.body, [here], jumps, jumps), ...jumps.continues], test);
        // do { … } while (0) runs once.
        const once =
          this.f.body
            .slice(...s.test)
            .map(t => t.text)
            .join('') === '0';
        if (!once) this.points[test]!.next.add(here);
        return [...(s.endless ? [] : [test]), ...jumps.breaks];
      }
      case 'switch': {
        const jumps: Jumps = { breaks: [], continues: [], cases: [] };
        const end = this.flow(s.body, [], jumps, loop);
        for (const c of jumps.cases!) this.points[here]!.next.add(c);
        return [...end, ...jumps.breaks, ...(jumps.hasDefault ? [] : [here])];
      }
    }
  }
}

interface Jumps {
  readonly breaks: number[];
  readonly continues: number[];
  /** Of a switch: its case labels. */
  readonly cases?: number[];
  hasDefault?: boolean;
}

/** Could two different texts name the same lock as far as anyone can tell from here? The same last name is enough. */
const aliases = (one: string, other: string): boolean =>
  one !== other && one.replace(/^&/, '') === other.replace(/^&/, '');
