import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScheduleChoice } from '../../extension/core/explore/schedule.ts';
import { Simulation } from '../../extension/core/explore/simulate.ts';
import { patchedTree } from '../../extension/core/patch/overlay.ts';
import type { TraceDocument } from '../../extension/core/report/documents.ts';
import type { SourceTree } from '../../extension/core/text/source.ts';

const root = process.env.KERNEL_TREE!;
const project = join(__dirname, '../..');
const plain: SourceTree = {
  label: 'linux',
  list: async () => undefined,
  read: async path =>
    readFile(join(root, path)).then(
      b => new Uint8Array(b),
      () => undefined,
    ),
};
const scenario = 'extension/scenarios/vmemmap-split.scenario.c';
const scenarioText = readFileSync(join(project, scenario), 'utf8');

async function load(patch?: string, defines?: Record<string, string>): Promise<Simulation> {
  const text = patch && readFileSync(join(project, `test/fixtures/patches/${patch}.patch`), 'utf8');
  const tree = text === undefined ? plain : (await patchedTree(plain, text, patch!)).tree;
  return Simulation.load({ tree, scenario, scenarioText, ...(defines ? { defines } : {}) });
}

/** The dump's lines from the vmemmap marker to the next one. */
function vmemmap(trace: TraceDocument): string[] {
  const lines = trace.output
    .filter(o => o.stream === 'seq')
    .map(o => o.text)
    .join('')
    .split('\n');
  const from = lines.indexOf('---[ Vmemmap ]---');
  const to = lines.findIndex((l, i) => i > from && l.startsWith('---['));
  return lines.slice(from + 1, to).filter(l => / (pmd|pte)$/.test(l));
}

/** Two remaps are inside their section of mmap_lock at one time. */
function remapsOverlap(trace: TraceDocument): boolean {
  const holds = trace.locks.find(l => l.lock === 'init_mm.mmap_lock')!.holds.filter(h => h.thread < 2);
  return holds.some(a => holds.some(b => a.thread !== b.thread && a.from < b.to && b.from < a.to));
}

/** @param empty ptdump has printed an empty range, which no other invariant minds */
const finished = (trace: TraceDocument, empty = false): void => {
  assert.equal(trace.end.kind, 'finished', trace.end.message);
  assert.deepEqual(violated(trace), empty ? ['ptdump prints no empty range'] : []);
};

const violated = (trace: TraceDocument): string[] => trace.invariants.filter(i => !i.held).map(i => i.name);

/** A line of walk_pmd_range, found by what stands there: where the walker reads *pmd again after the callback. */
async function walkerReads(): Promise<string> {
  const text = await readFile(join(root, 'mm/pagewalk.c'), 'utf8');
  return `walk_pmd_range:${text.split('\n').findIndex(l => /walk->vma && \(pmd_leaf/.test(l)) + 1}`;
}

const ZERO_LENGTH = '0xffffea0000000000-0xffffea0000000000           0E     RW         PSE     GLB NX pmd';

describe('the scenario of the vmemmap split, run from the kernel source', function () {
  this.timeout(60_000);
  let stock: Simulation;
  before(async () => {
    stock = await load();
  });

  it('two remaps and a dump finish, nothing in them unmodelled', async () => {
    const trace = await stock.run({ schedule: { kind: 'round-robin' } });
    finished(trace);
    assert.deepEqual(trace.unmodelled, []);
    assert.deepEqual(
      trace.events.filter(e => e.kind === 'warning' || e.kind === 'bug'),
      [],
    );
    assert.deepEqual(
      trace.locks.map(l => l.lock).sort(),
      ['init_mm.mmap_lock', 'init_mm.page_table_lock', 'mem_hotplug_lock'].sort(),
    );
    const level = (l: string) => trace.tables.filter(t => t.level === l).map(t => t.maps);
    assert.deepEqual(level('pmd'), ['0xffffea0000000000']);
    const split = trace.events.find(e => e.level === 'pmd' && e.function === 'native_set_pmd');
    assert.equal(split?.maps, '0xffffea0000000000');
  });

  it('the dump before any remap has the huge PMDs as one line, after both the split one as PTEs', async () => {
    const first = await stock.run({ schedule: { kind: 'script', script: 'dump, remap0, remap1' } });
    finished(first);
    assert.deepEqual(vmemmap(first), [
      '0xffffea0000000000-0xffffea0000800000           8M     RW         PSE     GLB NX pmd',
      '0xffffea0000800000-0xffffea0040000000        1016M                               pmd',
    ]);
    const last = await stock.run({ schedule: { kind: 'script', script: 'remap0, remap1, dump' } });
    finished(last);
    assert.deepEqual(vmemmap(last), [
      '0xffffea0000000000-0xffffea0000001000           4K     RW                 GLB NX pte',
      '0xffffea0000001000-0xffffea0000008000          28K     ro                 GLB NX pte',
      '0xffffea0000008000-0xffffea0000009000           4K     RW                 GLB NX pte',
      '0xffffea0000009000-0xffffea0000010000          28K     ro                 GLB NX pte',
      '0xffffea0000010000-0xffffea0000200000        1984K     RW                 GLB NX pte',
      '0xffffea0000200000-0xffffea0000800000           6M     RW         PSE     GLB NX pmd',
      '0xffffea0000800000-0xffffea0040000000        1016M                               pmd',
    ]);
  });

  it('a seed is a run, and its saved schedule replays it exactly', async () => {
    const random = await stock.run({ schedule: { kind: 'random', seed: 3 } });
    finished(random);
    const again = await (await load()).run({ schedule: { kind: 'explicit', choices: random.schedule.choices } });
    assert.deepEqual({ ...again, schedule: 0 }, { ...random, schedule: 0 });
    assert.notDeepEqual(
      (await stock.run({ schedule: { kind: 'random', seed: 4 } })).schedule.choices,
      random.schedule.choices,
    );
  });

  it('(a) with the read lock and page_table_lock the remaps overlap, with the write lock they never do', async () => {
    const writer = await load('hvo-write-lock');
    const schedules: ScheduleChoice[] = [
      { kind: 'round-robin' },
      { kind: 'round-robin', quantum: 7 },
      ...[1, 2, 3, 4, 5].map(seed => ({ kind: 'random', seed }) as const),
    ];
    const overlapping: string[] = [];
    for (const schedule of schedules) {
      const read = await stock.run({ schedule });
      finished(read);
      // A dump that comes between the two lets the first finish before the second: not every schedule shows it.
      if (remapsOverlap(read)) overlapping.push(JSON.stringify(schedule));
      assert.ok(read.locks.find(l => l.lock === 'init_mm.page_table_lock')!.holds.length > 0);
      const write = await writer.run({ schedule });
      finished(write);
      const holds = write.locks.find(l => l.lock === 'init_mm.mmap_lock')!.holds;
      assert.ok(holds.some(h => h.thread < 2 && h.mode === 'write'));
      const exclusive = holds.filter(h => h.thread < 2 && h.mode === 'write');
      for (const a of exclusive)
        for (const b of holds) assert.ok(a === b || a.to <= b.from || b.to <= a.from, 'a writer is alone');
      assert.equal(write.locks.find(l => l.lock === 'init_mm.page_table_lock')?.holds.length ?? 0, 0);
    }
    assert.ok(overlapping.length > schedules.length / 2, overlapping.join());
  });

  it('(b) without ACTION_CONTINUE a PMD that splits between two reads is reported twice', async () => {
    const schedule: ScheduleChoice = {
      kind: 'script',
      script: `dump to ${await walkerReads()}, remap0, dump, remap1`,
    };
    const trace = await (await load('ptdump-no-continue')).run({ schedule });
    finished(trace, true);
    const dump = vmemmap(trace);
    assert.equal(trace.schedule.diverged, undefined);
    assert.equal(dump[0], ZERO_LENGTH);
    assert.equal(dump[1], '0xffffea0000000000-0xffffea0000001000           4K     RW                 GLB NX pte');
  });

  it('(b) inside a run of equal entries the PMD is silently replaced by its PTEs', async () => {
    const schedule: ScheduleChoice = {
      kind: 'script',
      script: `dump to ${await walkerReads()} #2, remap0, dump, remap1`,
    };
    const trace = await (await load('ptdump-no-continue', { HUGEPAGE: '64' })).run({ schedule });
    finished(trace);
    assert.deepEqual(vmemmap(trace).slice(0, 3), [
      '0xffffea0000000000-0xffffea0000200000           2M     RW         PSE     GLB NX pmd',
      '0xffffea0000200000-0xffffea0000201000           4K     RW                 GLB NX pte',
      '0xffffea0000201000-0xffffea0000208000          28K     ro                 GLB NX pte',
    ]);
  });

  it('(b) with ACTION_CONTINUE the same schedule reports the PMD once', async () => {
    const schedule: ScheduleChoice = {
      kind: 'script',
      script: `dump to ${await walkerReads()}, remap0, dump, remap1`,
    };
    const trace = await (await load('ptdump-read-lock')).run({ schedule });
    finished(trace);
    // The walker does not read *pmd a second time when its callback says that it is done with it.
    assert.ok(!vmemmap(trace).some(l => l.includes('0E')));
    assert.equal(vmemmap(trace).filter(l => l.startsWith('0xffffea0000000000-')).length, 1);
  });

  it('(b) is not reached in 6.1 as it is: the dump holds the write lock, so no remap is inside', async () => {
    const places = [await walkerReads(), 'ptdump_pmd_entry', 'walk_pmd_range', 'note_page'];
    for (const place of places) {
      const trace = await stock.run({ schedule: { kind: 'script', script: `dump to ${place}, remap0, dump, remap1` } });
      finished(trace);
      assert.ok(trace.schedule.diverged !== undefined, place);
      const dump = trace.locks.find(l => l.lock === 'init_mm.mmap_lock')!.holds.filter(h => h.thread === 2);
      assert.deepEqual(
        dump.map(h => h.mode),
        ['write'],
      );
      for (const e of trace.events)
        if (e.kind === 'pagetable' && e.level === 'pmd')
          assert.ok(e.step < dump[0]!.from || e.step >= dump[0]!.to, 'no PMD is written while the dump walks');
      assert.ok(!vmemmap(trace).some(l => l.includes('0E')));
    }
  });

  it('without the recheck under the lock a second split takes a remap back', async () => {
    // remap1 has seen a huge PMD and fills its own table while remap0 splits and remaps.
    const schedule: ScheduleChoice = { kind: 'script', script: 'remap1 to native_set_pte, remap0, remap1, dump' };
    const kept = await stock.run({ schedule });
    finished(kept);
    assert.equal(kept.schedule.diverged, undefined);
    const lost = await (await load('no-recheck')).run({ schedule });
    assert.deepEqual(violated(lost), ['each remapped page maps the page that its HugeTLB page kept, read-only']);
    assert.ok(lost.events.some(e => e.kind === 'warning' && /split already/.test(e.text ?? '')));
    assert.equal(
      vmemmap(lost)[0],
      '0xffffea0000000000-0xffffea0000009000          36K     RW                 GLB NX pte',
    );
  });
});
