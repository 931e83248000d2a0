import assert from 'node:assert/strict';
import type { NameIndex } from '../../../extension/core/index/names.ts';
import type { ContractAnalyser } from '../../../extension/core/locks/contracts.ts';
import { type EntryHeld, HeldByCallers } from '../../../extension/core/locks/heldByCallers.ts';
import { analyserOf } from '../../support/contracts.ts';

/** An index that knows of these functions who calls them, and of nothing else. */
function calledBy(callers: Readonly<Record<string, readonly { file: string; function: string }[]>>): NameIndex {
  return { definers: () => [], callers: name => callers[name] ?? [], stored: () => [] };
}

/** What is held whenever a function of a file is called. */
async function entryOf(analyser: ContractAnalyser, file: string, name: string, index?: NameIndex): Promise<EntryHeld> {
  const analysis = await analyser.analysis(file);
  const definition = analysis.functions().find(d => d.name === name);
  assert.ok(definition, name);
  return new HeldByCallers(analyser, index).entry(analysis, definition);
}

/** Locks that all call sites hold: by class, or else as it is written. */
const everywhere = (entry: EntryHeld): string[] =>
  entry.locks.filter(l => l.sites === entry.sites).map(l => `${l.lockClass ?? l.lock} ${l.mode}`);

const TABLE = (type: string, start: string, body = '') => `struct thing { struct mutex m; };
static void *t_start(struct seq_file *s, loff_t *pos)
{
	${start}
}
static void *t_next(struct seq_file *s, void *v, loff_t *pos)
{
	${body}
	return v;
}
static int t_show(struct seq_file *s, void *v)
{
	return 0;
}
static void t_stop(struct seq_file *s, void *v)
{
	rcu_read_unlock();
}
static const struct ${type} t_ops = {
	.start = t_start,
	.next = t_next,
	.show = t_show,
	.stop = t_stop,
};
`;
const TAKES = 'rcu_read_lock();\n\treturn first(s);';

describe('functions that a table of operations runs one after another', () => {
  for (const name of ['t_next', 't_show', 't_stop'])
    it(`${name.slice(2)} of seq_operations runs under what start took`, async () => {
      const entry = await entryOf(await analyserOf({ 'fs/a.c': TABLE('seq_operations', TAKES) }), 'fs/a.c', name);
      assert.deepEqual([entry.sites, everywhere(entry)], [1, ['rcu read']]);
    });

  it('start itself runs under nothing', async () => {
    const entry = await entryOf(await analyserOf({ 'fs/a.c': TABLE('seq_operations', TAKES) }), 'fs/a.c', 't_start');
    assert.deepEqual([entry.sites, entry.locks], [0, []]);
  });

  it('a start that fails with NULL and without the lock does not matter', async () => {
    const text = TABLE('seq_operations', 'if (!s->ready)\n\t\treturn NULL;\n\trcu_read_lock();\n\treturn s->first;');
    const entry = await entryOf(await analyserOf({ 'fs/a.c': text }), 'fs/a.c', 't_next');
    assert.deepEqual([entry.sites, everywhere(entry)], [1, ['rcu read']]);
  });

  it('a start that returns something without the lock does', async () => {
    const text = TABLE(
      'seq_operations',
      'if (!s->ready)\n\t\treturn SEQ_START_TOKEN;\n\trcu_read_lock();\n\treturn s->first;',
    );
    const entry = await entryOf(await analyserOf({ 'fs/a.c': text }), 'fs/a.c', 't_next');
    assert.deepEqual([entry.sites, entry.locks], [1, []]);
  });

  it('nor does it matter on how many other ways start takes it, before or after', async () => {
    const ways = ['rcu_read_unlock();\n\t\treturn SEQ_START_TOKEN;', 'return s->first;', 'return s->second;'];
    for (const [one, two, three] of [
      [0, 1, 2],
      [1, 0, 2],
      [1, 2, 0],
    ] as const) {
      const start = `rcu_read_lock();
	if (s->one) {
		${ways[one]}
	}
	if (s->two) {
		${ways[two]}
	}
	${ways[three]}`;
      const analyser = await analyserOf({ 'fs/a.c': TABLE('seq_operations', start) });
      const entry = await entryOf(analyser, 'fs/a.c', 't_next');
      assert.deepEqual([entry.sites, entry.locks], [1, []], start);
    }
  });

  it('a start that takes nothing leaves nothing held', async () => {
    const text = TABLE('seq_operations', 'return s->first;');
    const entry = await entryOf(await analyserOf({ 'fs/a.c': text }), 'fs/a.c', 't_next');
    assert.deepEqual([entry.sites, entry.locks], [1, []]);
  });

  it('another struct with fields of these names has no such rule', async () => {
    for (const type of ['walk_operations', 'seq_ops']) {
      const entry = await entryOf(await analyserOf({ 'fs/a.c': TABLE(type, TAKES) }), 'fs/a.c', 't_next');
      assert.deepEqual([entry.sites, entry.locks], [0, []], type);
    }
  });

  it("a function that is in no table's next, show or stop does not run under what start took", async () => {
    const text = `${TABLE('seq_operations', TAKES)}static int other_show(struct seq_file *s, void *v)\n{\n\treturn 0;\n}\n`;
    const entry = await entryOf(await analyserOf({ 'fs/a.c': text }), 'fs/a.c', 'other_show');
    assert.deepEqual([entry.sites, entry.locks], [0, []]);
  });
});

describe('locks that callers hold, across files', () => {
  const UDC = 'struct udc { struct mutex connect_lock; int n; };\nstruct gadget { struct udc *udc; };\n';
  const leaf = `#include <linux/udc.h>\nvoid leaf(struct udc *udc)\n{\n\tudc->n++;\n}\n`;
  const calls = (of: string, path: string, arg: string, name: string) =>
    `#include <linux/udc.h>\nvoid ${name}(${of})\n{\n\tmutex_lock(&${path}->connect_lock);\n\tleaf(${arg});\n\tmutex_unlock(&${path}->connect_lock);\n}\n`;

  for (const [how, of, path] of [
    ['through a field of a declared type', 'struct gadget *gadget', 'gadget->udc'],
    ['through a field of what a call returns', 'struct device *dev', 'to_gadget(dev)->udc'],
    ['as what a call returns', 'struct device *dev', 'to_udc(dev)'],
  ] as const)
    it(`a lock whose type one caller knows only ${how} is of the same class`, async () => {
      const analyser = await analyserOf({
        'include/linux/udc.h': UDC,
        'drivers/a.c': leaf,
        'drivers/b.c': calls('struct udc *udc', 'udc', 'udc', 'one'),
        'drivers/c.c': calls(of, path, path, 'two'),
      });
      const index = calledBy({
        leaf: [
          { file: 'drivers/b.c', function: 'one' },
          { file: 'drivers/c.c', function: 'two' },
        ],
      });
      const entry = await entryOf(analyser, 'drivers/a.c', 'leaf', index);
      assert.deepEqual(
        [entry.callers, entry.sites, entry.locks.map(l => `${l.lockClass} ${l.sites}`)],
        [2, 2, ['udc.connect_lock 2']],
      );
    });

  it('a lock of another field is of another class', async () => {
    const analyser = await analyserOf({
      'include/linux/udc.h': UDC.replace('int n;', 'struct mutex other_lock; int n;'),
      'drivers/a.c': leaf,
      'drivers/b.c': calls('struct udc *udc', 'udc', 'udc', 'one'),
      'drivers/c.c': calls('struct gadget *gadget', 'gadget->udc', 'gadget->udc', 'two').replaceAll(
        'connect_lock',
        'other_lock',
      ),
    });
    const index = calledBy({
      leaf: [
        { file: 'drivers/b.c', function: 'one' },
        { file: 'drivers/c.c', function: 'two' },
      ],
    });
    const entry = await entryOf(analyser, 'drivers/a.c', 'leaf', index);
    assert.deepEqual(everywhere(entry), []);
    assert.deepEqual(entry.locks.map(l => l.lockClass).sort(), ['udc.connect_lock', 'udc.other_lock']);
  });

  const LOCKED = `#include <linux/udc.h>
void one(struct udc *udc)
{
	mutex_lock(&udc->connect_lock);
	leaf(udc);
	mutex_unlock(&udc->connect_lock);
}
`;
  const BARE = 'void two(struct udc *udc)\n{\n\tleaf(udc);\n}\n';
  const index = calledBy({
    leaf: [
      { file: 'drivers/b.c', function: 'one' },
      { file: 'fs/c.c', function: 'two' },
    ],
  });

  it("callers of another file's static function of the same name do not count", async () => {
    const analyser = await analyserOf({
      'include/linux/udc.h': UDC,
      'drivers/a.c': leaf,
      'drivers/b.c': LOCKED,
      'fs/c.c': `#include <linux/udc.h>\nstatic void leaf(struct udc *udc)\n{\n}\n${BARE}`,
    });
    const entry = await entryOf(analyser, 'drivers/a.c', 'leaf', index);
    assert.deepEqual([entry.callers, entry.sites, everywhere(entry)], [1, 1, ['udc.connect_lock write']]);
  });

  it('callers of the function itself in another file do', async () => {
    const analyser = await analyserOf({
      'include/linux/udc.h': UDC,
      'drivers/a.c': leaf,
      'drivers/b.c': LOCKED,
      'fs/c.c': `#include <linux/udc.h>\n${BARE}`,
    });
    const entry = await entryOf(analyser, 'drivers/a.c', 'leaf', index);
    assert.deepEqual([entry.callers, entry.sites, everywhere(entry)], [2, 2, []]);
  });
});
