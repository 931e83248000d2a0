import type { Called } from './body.ts';
import { orderOf } from './vocabulary.ts';
import { Strength } from './ways.ts';

/** What is asked of an index of a whole tree. */
export interface BarrierIndex {
  definers(name: string): readonly string[];
  callers(name: string): readonly { readonly file: string }[];
  callees(file: string, name: string): readonly { readonly name: string; readonly member: boolean }[];
  /** All that defines or declares a name. */
  symbols(
    name: string,
  ): readonly { readonly kind: string; readonly file: string; readonly container: string | undefined }[];
  /** Files, by path. */
  paths(): readonly string[];
}

/** Calls are followed so far down. */
const MOST_DEPTH = 3;
/** A name with more definitions is followed in none of them. */
const MOST_DEFINERS = 3;

/** Whether a call keeps in order what stands before and after it, by what the callee calls. */
export class CallOrders {
  private readonly known = new Map<string, Strength>();

  /** @param own what functions of a file call, where that is known without an index */
  constructor(
    private readonly index: BarrierIndex | undefined,
    private readonly own: (file: string, name: string) => readonly Pick<Called, 'name' | 'member'>[] | undefined,
  ) {}

  of(call: Pick<Called, 'name' | 'member'>, file: string, depth = 0): Strength {
    const { name, member } = call;
    if (member) return Strength.maybe;
    const listed = orderOf(name);
    // Something in a callee may stand on another path: it is no barrier of this function.
    if (listed) return listed.order === 'none' || listed.order === 'dependency' ? Strength.none : Strength.implied;
    if (/^__builtin_|^(?:asm|__asm__|__volatile__|volatile)$/.test(name)) return Strength.none;
    if (depth >= MOST_DEPTH) return Strength.maybe;
    const key = `${file} ${name} ${depth}`;
    const found = this.known.get(key);
    if (found !== undefined) return found;
    // A circle adds nothing.
    this.known.set(key, Strength.none);
    const strength = this.within(name, file, depth);
    this.known.set(key, strength);
    return strength;
  }

  private within(name: string, file: string, depth: number): Strength {
    const here = this.own(file, name);
    if (here) return this.most(here, file, depth);
    const files = this.index?.definers(name) ?? [];
    if (files.length === 0 || files.length > MOST_DEFINERS) return Strength.maybe;
    return Math.max(...files.map(f => this.most(this.index!.callees(f, name), f, depth)));
  }

  private most(calls: readonly Pick<Called, 'name' | 'member'>[], file: string, depth: number): Strength {
    let strength = Strength.none;
    for (const call of calls) strength = Math.max(strength, this.of(call, file, depth + 1));
    return strength;
  }
}
