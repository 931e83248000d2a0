import type { Token } from './cut.ts';
import type { LockStatement } from './graph.ts';
import { spins } from './locking.ts';
import { changes } from './locksSwapped.ts';
import { amongOthers, type Fault, type FileFacts, indent, removal, source, type Target } from './mutant.ts';
import { type Statement, walk } from './statements.ts';

/** Allocations that take a gfp mask and sleep when it lets them (include/linux/slab.h, string.h, skbuff.h). */
const ALLOCATES =
  /^(?:k[mzc]alloc(?:_array|_node)?|kvmalloc|kvzalloc|kmem_cache_z?alloc|kmemdup(?:_nul)?|kstrn?dup|kasprintf|alloc_pages?|__get_free_pages?|get_zeroed_page|devm_k[mzc]alloc|mempool_alloc|alloc_skb|skb_clone|skb_copy|idr_alloc|ida_alloc|dma_alloc_coherent|dma_pool_z?alloc|usb_alloc_urb)$/;

/**
 * An allocation that may sleep, under a spinlock.
 *
 * Either GFP_ATOMIC becomes GFP_KERNEL where a spinlock is held on every path, or a GFP_KERNEL allocation with the check of
 * its result moves behind the next acquisition of a spinlock in its block (the check then lets the lock go first, so that
 * this is the one fault). A fault by construction: spinning locks forbid sleeping, GFP_KERNEL allows reclaim to sleep.
 */
export function gfpUnderSpinlock(facts: FileFacts, target: Target): Fault[] {
  return [...turned(target), ...moved(facts, target)];
}

function turned(target: Target): Fault[] {
  const { f, graph } = target;
  const locks = spinning(target);
  if (locks.length === 0) return [];
  const out: Fault[] = [];
  for (const s of walk(graph.root)) {
    // What a loop tests it tests again later; only statements that run once where they stand are looked at.
    const range =
      s.kind === 'simple' || s.kind === 'return' ? ([s.start, s.end] as const) : s.kind === 'if' ? s.test : [0, 0];
    for (let i = range[0]!; i < range[1]!; i++) {
      if (f.body[i]!.text !== 'GFP_ATOMIC' || !wholeMask(f.body, i)) continue;
      const call = callAround(f.body, i);
      const lock = locks.find(l => graph.heldBefore(l.lock, s));
      if (!call || !ALLOCATES.test(call) || !lock) continue;
      const { start, end } = f.body[i]!;
      out.push({
        kind: 'gfp-under-spinlock',
        edits: [{ start, end, text: 'GFP_KERNEL' }],
        at: start,
        lock: lock.lock,
        description: `${call}(… GFP_ATOMIC …) under ${lock.lock} is GFP_KERNEL now`,
        evidence: 'turned',
      });
    }
  }
  return out;
}

function moved(facts: FileFacts, target: Target): Fault[] {
  const { graph } = target;
  const locks = new Map(spinning(target).map(l => [l.statement, l]));
  const out: Fault[] = [];
  for (const block of walk(graph.root)) {
    if (block.kind !== 'block') continue;
    for (let i = 0; i + 2 < block.list.length; i++) {
      const allocation = block.list[i]!;
      const check = block.list[i + 1]!;
      const result = allocated(target, allocation);
      if (!result || !refuses(target, check, result)) continue;
      const end = block.list.findIndex((s, n) => n > i + 1 && (s.kind !== 'simple' || locks.has(s)));
      const lock = end < 0 ? undefined : locks.get(block.list[end]!);
      const between = block.list.slice(i + 2, Math.max(end, i + 2));
      const own = graph.tokens(allocation);
      if (!lock || !amongOthers(target, lock.statement) || !amongOthers(target, allocation)) continue;
      if (graph.heldBefore(lock.lock, allocation) || between.some(s => graph.locking.some(l => l.statement === s)))
        continue;
      // What stands between keeps its meaning, and so do the allocation's arguments and the lock's path.
      if (changes(graph, between, own) || mentions(lock.path, result)) continue;
      if (between.some(s => mentions(graph.tokens(s), result))) continue;
      if (check.kind !== 'if') continue;
      const release = lock.call.text.replace('lock', 'unlock').replace('irqsave', 'irqrestore');
      const place = source(facts, target, lock.statement);
      const pad = indent(facts, place.start);
      const then = source(facts, target, check.then);
      const inner = check.then.kind === 'block' ? then.text.slice(1, -1).trim() : then.text;
      const head = facts.text.slice(source(facts, target, check).start, then.start).trimEnd();
      const flags = lock.flags === undefined ? '' : `, ${lock.flags}`;
      const path = facts.text.slice(lock.path[0]!.start, lock.path.at(-1)!.end);
      out.push({
        kind: 'gfp-under-spinlock',
        edits: [
          removal(facts, target, allocation),
          removal(facts, target, check),
          {
            start: place.end,
            end: place.end,
            text: `\n${pad}${source(facts, target, allocation).text}\n${pad}${head} {\n${pad}\t${release}(${path}${flags});\n${pad}\t${inner}\n${pad}}`,
          },
        ],
        at: place.start,
        lock: lock.lock,
        description: `the allocation of ${result.map(t => t.text).join('')} moved behind ${lock.call.text}(${lock.lock})`,
        evidence: 'moved',
      });
    }
  }
  return out;
}

/** Acquisitions of spinning locks whose state is known throughout the function. */
function spinning({ graph }: Target): LockStatement[] {
  return graph.locking.filter(l => spins(l.operation) && l.operation.effect === 'acquire' && graph.known(l.lock));
}

/** The left side of `x = kmalloc(…, GFP_KERNEL);`, x a path. */
function allocated({ graph }: Target, s: Statement): readonly Token[] | undefined {
  if (s.kind !== 'simple') return undefined;
  const list = graph.tokens(s);
  const equals = list.findIndex(t => t.text === '=');
  const left = list.slice(0, equals);
  if (equals < 1 || left.some(t => t.kind !== 'id' && !/^(?:->|\.)$/.test(t.text))) return undefined;
  // `struct a *x = …` has two names side by side.
  if (left.some((t, i) => t.kind === 'id' && left[i + 1]?.kind === 'id')) return undefined;
  if (!ALLOCATES.test(list[equals + 1]?.text ?? '') || list[equals + 2]?.text !== '(') return undefined;
  const mask = list.findIndex(t => t.text === 'GFP_KERNEL');
  return mask >= 0 && wholeMask(list, mask) ? left : undefined;
}

/** `if (!x) return …;`, `if (!x) goto …;`, with braces or without. */
function refuses({ graph, f }: Target, s: Statement, result: readonly Token[]): boolean {
  if (s.kind !== 'if' || s.otherwise) return false;
  const test = f.body.slice(...s.test).map(t => t.text);
  const name = result.map(t => t.text).join('');
  if (test.join('') !== `!${name}` && test.join('') !== `${name}==NULL`) return false;
  const list = s.then.kind === 'block' ? s.then.list : [s.then];
  const last = list.at(-1);
  return (
    (last?.kind === 'return' || last?.kind === 'goto') &&
    list.slice(0, -1).every(x => x.kind === 'simple' && !graph.locking.some(l => l.statement === x))
  );
}

/** Is the name at `i` an argument for itself, or or-ed with further flags? */
const wholeMask = (list: readonly Token[], i: number): boolean =>
  /^[,(]$/.test(list[i - 1]?.text ?? '') && /^[,)|]$/.test(list[i + 1]?.text ?? '');

/** The function called with the token at `i` among its arguments. */
function callAround(list: readonly Token[], i: number): string | undefined {
  let depth = 0;
  for (let at = i - 1; at > 0; at--) {
    const { text } = list[at]!;
    if (text === ')') depth++;
    else if (text === '(' && depth-- === 0) return list[at - 1]!.kind === 'id' ? list[at - 1]!.text : undefined;
    else if (text === ';' || text === '{') return undefined;
  }
  return undefined;
}

/** Does the last name of a path occur among these tokens? */
function mentions(list: readonly Token[], path: readonly Token[]): boolean {
  const name = path.filter(t => t.kind === 'id').at(-1)?.text;
  return list.some(t => t.text === name);
}
