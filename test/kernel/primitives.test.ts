import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runAlone } from '../../extension/core/explore/run.ts';
import { defaultConfig } from '../../extension/core/index/config.ts';
import { Unit } from '../../extension/core/index/unit.ts';
import { staticKeyPrimitives } from '../../extension/core/kernel/locking/staticKeys.ts';
import type { Primitive } from '../../extension/core/kernel/primitive.ts';
import { rcuPrimitives } from '../../extension/core/kernel/rcu/rcu.ts';
import { atomicPrimitives } from '../../extension/core/kernel/sync/atomic.ts';
import { primitives as table } from '../../extension/core/kernel/table.ts';
import { type EventSink, silentSink } from '../../extension/core/machine/events.ts';
import { Machine } from '../../extension/core/machine/machine.ts';
import type { SourceTree } from '../../extension/core/text/source.ts';
import { loadProgram } from '../../extension/core/translate/load.ts';
import { Program } from '../../extension/core/translate/program.ts';
import { Reader } from '../../extension/core/translate/reader.ts';

const root = process.env.KERNEL_TREE!;
const tree: SourceTree = {
  label: 'linux',
  list: async () => undefined,
  read: async path =>
    readFile(join(root, path)).then(
      b => new Uint8Array(b),
      () => undefined,
    ),
};
const primitives = new Map<string, Primitive>([
  ...table,
  ...[...rcuPrimitives, ...staticKeyPrimitives].map(p => [p.name, p] as const),
]);

/** Runs a function of C text that includes the kernel's headers; nothing in it may be unmodelled. */
async function run(text: string, name: string): Promise<{ value: unknown; told: string[] }> {
  const keep = (n: string): boolean => primitives.has(n);
  const unit = await Unit.load(tree, 'kernel/x.c', { config: defaultConfig, text, keep });
  const link = { path: 'kernel/x.c', reader: new Reader(unit, primitives), seesStatics: true };
  const program = Program.link([link], [{ unit: link, name }], primitives);
  const told: string[] = [];
  const sink: EventSink = {
    ...silentSink(),
    note: (_k, kind, _line, what) => void told.push(`${kind} ${what}`),
    unmodelled: (_k, _line, what) => void told.push(`unmodelled ${what}`),
  };
  const machine = new Machine({ sink });
  const loaded = loadProgram(program, machine);
  assert.deepEqual(loaded.incomplete, []);
  const entry = loaded.entry(program.functions[0]!) as unknown as (k: unknown) => unknown;
  const outcome = runAlone(machine, 'test', k => entry(k), 10_000);
  assert.ok('value' in outcome, JSON.stringify(outcome));
  return { value: outcome.value, told };
}

describe("primitives under the kernel's own headers", function () {
  this.timeout(60_000);

  it('every operation of atomic-instrumented.h is there with its arguments', async () => {
    const text = await readFile(join(root, 'include/linux/atomic/atomic-instrumented.h'), 'utf8');
    const types = (list: string): string =>
      list
        .split(',')
        .map(p =>
          p
            .replace(/\bs64\b/, 'long long')
            .replace(/\bconst\b|\w+\s*$/g, '')
            .replace(/\s+/g, ''),
        )
        .join();
    const ours = new Map(atomicPrimitives.map(p => [p.name, p.signature]));
    let seen = 0;
    for (const [, returns, name, params] of text.matchAll(/^([\w ]+)\n(atomic\w*)\(([^)]*)\)$/gm)) {
      const signature = ours.get(name!);
      assert.ok(signature, name);
      assert.equal(types(signature.slice(signature.indexOf('(') + 1, -1)), types(params!), name);
      assert.equal(
        signature.slice(0, signature.indexOf(name!)).trim(),
        returns!
          .replace(/static __always_inline /, '')
          .replace('s64', 'long long')
          .trim(),
        name,
      );
      seen++;
    }
    assert.ok(seen > 200, String(seen));
  });

  it('a kref of the kernel counts on atomics and calls its release; a refcount saturates', async () => {
    const c = `#include <linux/kref.h>
struct thing { int pad; struct kref ref; };
static struct thing thing;
static int released;
static void release(struct kref *ref) { released += container_of(ref, struct thing, ref) == &thing; }
int counts(void)
{
	int puts;
	kref_init(&thing.ref);
	kref_get(&thing.ref);
	puts = kref_put(&thing.ref, release) * 10;
	puts += kref_put(&thing.ref, release);
	return released * 1000 + kref_read(&thing.ref) * 100 + puts;
}
int again(void)
{
	refcount_set(&thing.ref.refcount, 0);
	kref_get(&thing.ref);
	return (int)refcount_read(&thing.ref.refcount) < 0 && !refcount_dec_and_test(&thing.ref.refcount);
}`;
    assert.deepEqual(await run(c, 'counts'), { value: 1001, told: ['barrier smp_acquire__after_ctrl_dep'] });
    const { value, told } = await run(c, 'again');
    assert.equal(value, 1);
    assert.deepEqual(told, [
      'warning refcount_t: addition on 0; use-after-free. thing.ref',
      'warning refcount_t: underflow; use-after-free. thing.ref',
    ]);
  });

  it("an RCU list of the kernel's, walked in a section and out of one", async () => {
    const c = `#include <linux/rculist.h>
struct item { int value; struct list_head link; };
static LIST_HEAD(items);
static struct item a = { .value = 1 };
static struct item b = { .value = 20 };
static struct item __rcu *first;
int walk(void)
{
	struct item *i;
	int sum = 0;
	list_add_rcu(&a.link, &items);
	list_add_tail_rcu(&b.link, &items);
	rcu_assign_pointer(first, &a);
	rcu_read_lock();
	list_for_each_entry_rcu(i, &items, link)
		sum += i->value;
	sum += rcu_dereference(first)->value * 100;
	rcu_read_unlock();
	list_del_rcu(&a.link);
	rcu_replace_pointer(first, &b, true);
	synchronize_rcu();
	return sum * 100 + rcu_access_pointer(first)->value + rcu_dereference_check(first, true)->value;
}
int outside(void) { return rcu_dereference(first) == NULL && rcu_dereference_protected(first, 0) == NULL; }`;
    const walked = await run(c, 'walk');
    assert.equal(walked.value, 12140);
    assert.deepEqual(walked.told, ['barrier synchronize_rcu begins', 'barrier synchronize_rcu']);
    const outside = await run(c, 'outside');
    assert.equal(outside.value, 1);
    assert.deepEqual(
      outside.told.map(t => /^warning suspicious (\w+)/.exec(t)?.[1]),
      ['rcu_dereference', 'rcu_dereference_protected'],
    );
  });

  it('static keys of both kinds, bitmaps, byte order, logarithms and data_race', async () => {
    const c = `#include <linux/jump_label.h>
#include <linux/bitmap.h>
#include <linux/log2.h>
#include <asm/byteorder.h>
static DEFINE_STATIC_KEY_FALSE(off);
static DEFINE_STATIC_KEY_TRUE(on);
static DECLARE_BITMAP(map, 200);
static int racy = 3;
int keys(void)
{
	int r = 0;
	if (static_branch_unlikely(&off)) r += 1;
	if (static_branch_likely(&on)) r += 10;
	static_branch_enable(&off);
	static_branch_disable(&on);
	if (static_branch_unlikely(&off)) r += 100;
	if (static_branch_likely(&on)) r += 1000;
	static_branch_inc(&on);
	if (static_key_enabled(&on)) r += 10000;
	return r;
}
int bits(void)
{
	unsigned long bit;
	int sum = 0;
	set_bit(3, map);
	__set_bit(77, map);
	set_bit(199, map);
	for_each_set_bit(bit, map, 200)
		sum += bit;
	return sum * 10 + test_and_clear_bit(77, map) + data_race(racy) + ilog2((unsigned long)racy << 4);
}
unsigned int order(unsigned int x) { return (unsigned int)cpu_to_be32(0x11223344u + racy); }`;
    assert.deepEqual(await run(c, 'keys'), { value: 10110, told: [] });
    assert.deepEqual(await run(c, 'bits'), { value: 2790 + 1 + 3 + 5, told: [] });
    assert.equal((await run(c, 'order')).value, 0x47332211);
  });
});
