import { type Expr, HAS_LOCAL, rootOf, somePart } from '../expr.ts';
import type { Block } from '../graph.ts';

/**
 * Fills in `dead` of every block: what is known of a local that nobody reads again only makes states differ. Locals whose
 * address is taken are never dead. `blocks` are in reverse postorder.
 */
export function markDead(blocks: readonly Block[]): void {
  if (blocks.length === 1) return;
  const index = new Map<Expr, number>();
  const names: Expr[] = [];
  const kept = new Set<Expr>();
  const reads: number[][] = [];
  const writes: number[][] = [];
  const number = (name: Expr): number => {
    let i = index.get(name);
    if (i === undefined) {
      index.set(name, (i = names.length));
      names.push(name);
    }
    return i;
  };
  for (const { steps, next } of blocks) {
    const read: number[] = [];
    const written: number[] = [];
    const defined = new Set<number>();
    const use = (e: Expr | undefined) => {
      if (!e || !(e.has & HAS_LOCAL)) return;
      somePart(e, part => {
        if (part.k === 'name' && part.scope === 'local') {
          const i = number(part);
          if (!defined.has(i)) read.push(i);
        } else if (part.k === 'addr') {
          const root = rootOf(part.base);
          if (root) kept.add(root);
        }
        return false;
      });
    };
    for (const step of steps) {
      if (step.op === 'call') {
        for (const arg of step.args) use(arg);
        use(step.through);
        define(step.temp);
      } else if (step.op === 'set') {
        use(step.value);
        if (step.place.k === 'name') {
          if (step.place.scope === 'local') define(step.place);
        } else use(step.place);
      } else use(step.value);
    }
    for (const edge of next) use(edge.when);
    reads.push(read);
    writes.push(written);

    function define(name: Expr): void {
      const i = number(name);
      if (defined.has(i)) return;
      defined.add(i);
      written.push(i);
    }
  }
  const words = (names.length + 31) >> 5;
  if (words === 0) return;
  const live = blocks.map(() => new Uint32Array(words));
  const out = new Uint32Array(words);
  for (let changed = true; changed; ) {
    changed = false;
    for (let b = blocks.length - 1; b >= 0; b--) {
      after(blocks[b]!);
      for (const i of writes[b]!) out[i >> 5]! &= ~(1 << (i & 31));
      for (const i of reads[b]!) out[i >> 5]! |= 1 << (i & 31);
      const before = live[b]!;
      for (let w = 0; w < words; w++) {
        if (before[w] === out[w]! >>> 0) continue;
        before[w] = out[w]!;
        changed = true;
      }
    }
  }
  for (let b = 0; b < blocks.length; b++) {
    after(blocks[b]!);
    const dead = new Set<Expr>();
    const here = (i: number) => {
      if (!(out[i >> 5]! & (1 << (i & 31))) && !kept.has(names[i]!)) dead.add(names[i]!);
    };
    for (const i of writes[b]!) here(i);
    for (let i = 0; i < names.length; i++) if (live[b]![i >> 5]! & (1 << (i & 31))) here(i);
    blocks[b]!.dead = [...dead];
  }

  /** What is live after a block: into `out`. */
  function after(block: Block): void {
    out.fill(0);
    for (const { to } of block.next) {
      const next = live[to.id]!;
      for (let w = 0; w < words; w++) out[w]! |= next[w]!;
    }
  }
}
