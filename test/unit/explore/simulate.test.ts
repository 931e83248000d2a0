import assert from 'node:assert/strict';
import type { ScheduleChoice } from '../../../extension/core/explore/schedule.ts';
import { type RunRequest, Simulation } from '../../../extension/core/explore/simulate.ts';
import type { TraceDocument } from '../../../extension/core/report/documents.ts';
import { InputError, type SourceTree } from '../../../extension/core/text/source.ts';

const HEADER = `typedef struct { int raw; } spinlock_t;
struct rw_semaphore { int count; };
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
void down_read(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
void downgrade_write(struct rw_semaphore *sem);
`;

const COUNTER = `#include <linux/locks.h>
struct counter { spinlock_t lock; int value; };
struct counter counter;
static int unlocked;
static void bump(void)
{
	int old = unlocked;
	unlocked = old + 1;
	spin_lock(&counter.lock);
	counter.value = counter.value + 1;
	spin_unlock(&counter.lock);
}
`;

const tree = (files: Record<string, string>): SourceTree => ({
  label: 'test',
  list: async () => undefined,
  read: async path => (files[path] === undefined ? undefined : new TextEncoder().encode(files[path])),
});

async function load(scenario: string, more: Record<string, string> = {}): Promise<Simulation> {
  const files = { 'include/linux/locks.h': HEADER, 'lib/counter.c': COUNTER, 'a.scenario.c': scenario, ...more };
  return Simulation.load({ tree: tree(files), scenario: 'a.scenario.c' });
}

const run = async (
  scenario: string,
  schedule: ScheduleChoice = { kind: 'round-robin' },
  more: Omit<RunRequest, 'schedule'> = {},
): Promise<TraceDocument> => (await load(scenario)).run({ schedule, ...more });

const COUNT = `SCENARIO("two threads count");
SOURCES("lib/counter.c");
#include <linux/locks.h>
struct counter { spinlock_t lock; int value; };
extern struct counter counter;
extern int unlocked;
void bump(void);
THREAD(a) { bump(); }
THREAD(b) { bump(); }
INVARIANT("locked counts") { CHECK(counter.value == 2); }
INVARIANT("unlocked counts") { CHECK(unlocked == 2); }
`;

describe('simulate', () => {
  it('interleaves threads: a locked counter counts, an unlocked one need not', async () => {
    const turns = await run(COUNT);
    assert.equal(turns.end.kind, 'finished');
    assert.deepEqual(
      turns.invariants.map(i => i.held),
      [true, false],
    );
    const one = await run(COUNT, { kind: 'round-robin', quantum: 1000 });
    assert.deepEqual(
      one.invariants.map(i => i.held),
      [true, true],
    );
    assert.deepEqual(one.unmodelled, []);
  });

  it('tells who held and who waited, by the name of the lock', async () => {
    const trace = await run(COUNT);
    assert.deepEqual(
      trace.locks.map(l => [l.lock, l.type, l.holds.map(h => h.thread), l.waits.map(w => w.thread)]),
      [['counter.lock', 'spinlock_t', [0, 1], [1]]],
    );
    const [lock] = trace.locks;
    assert.equal(lock!.waits[0]!.to, lock!.holds[1]!.from);
    assert.ok(lock!.holds[0]!.to <= lock!.holds[1]!.from);
    const acquire = trace.events.find(e => e.kind === 'acquire')!;
    assert.deepEqual([acquire.file, acquire.line, acquire.function], ['lib/counter.c', 9, 'bump']);
    trace.events.forEach((e, i) => void assert.ok(i === 0 || e.step > trace.events[i - 1]!.step));
  });

  it('a recorded schedule replays to the same trace', async () => {
    for (const seed of [1, 2, 3]) {
      const random = await run(COUNT, { kind: 'random', seed });
      const again = await run(COUNT, { kind: 'explicit', choices: random.schedule.choices });
      assert.equal(random.schedule.seed, seed);
      assert.equal(again.schedule.diverged, undefined);
      assert.deepEqual({ ...again, schedule: undefined }, { ...random, schedule: undefined });
      assert.deepEqual(again.schedule.choices, random.schedule.choices);
    }
  });

  it('follows a script: a thread to a place, another to its end', async () => {
    const trace = await run(COUNT, { kind: 'script', script: 'a to bump:8, b, a' });
    const writes = trace.events.filter(e => e.kind === 'write' && e.line === 8);
    assert.deepEqual(
      writes.map(e => [e.thread, e.value]),
      [
        [1, '0x00000001'],
        [0, '0x00000001'],
      ],
    );
    assert.equal(trace.schedule.diverged, undefined);
    const replay = await run(COUNT, { kind: 'explicit', choices: trace.schedule.choices });
    assert.deepEqual(replay.events, trace.events);
    const second = await run(COUNT, { kind: 'script', script: 'a to lib/counter.c:9, b to spin_lock' });
    assert.deepEqual(
      second.invariants.map(i => i.held),
      [true, true],
    );
    assert.ok((second.schedule.diverged ?? 0) > 0);
  });

  it('ends in a deadlock that says who waits for what', async () => {
    const trace = await run(`SCENARIO("AB BA");
#include <linux/locks.h>
static spinlock_t a, b;
static int x;
THREAD(one) { spin_lock(&a); x = 1; spin_lock(&b); }
THREAD(two) { spin_lock(&b); x = 2; spin_lock(&a); }`);
    assert.equal(trace.end.kind, 'deadlock');
    assert.equal(trace.end.message, 'one waits for b (write), which two has; two waits for a (write), which one has');
    assert.deepEqual(trace.invariants, []);
  });

  it('ends at a bug with its place', async () => {
    const trace = await run(`SCENARIO("null");
struct s { int a; int b; };
static struct s *nothing;
THREAD(one) { nothing->b = 1; }`);
    assert.equal(trace.end.kind, 'bug');
    assert.match(trace.end.message!, /^a\.scenario\.c:4: NULL pointer dereference at 0x0*4$/);
    assert.equal(trace.events.at(-1)!.kind, 'bug');
  });

  it('an endless loop ends at the step limit, and says where it is', async () => {
    const text = `SCENARIO("endless");
static int flag;
THREAD(waiter) { while (!flag) ; }`;
    const trace = await run(text, { kind: 'round-robin' }, { stepLimit: 1000 });
    assert.equal(trace.end.kind, 'limit');
    assert.match(
      trace.end.message!,
      /not finished after 1000 steps: waiter is in lockstep_thread_waiter at a\.scenario\.c:3/,
    );
  });

  it('endless loops and recursion end with their place, in SETUP and without visible steps too', async () => {
    const ends = async (text: string) =>
      (await run(`SCENARIO("s");\nstatic int x;\n${text}`, undefined, { stepLimit: 5000 })).end;
    const loop = await ends('THREAD(a) { for (;;) ; }');
    assert.equal(loop.kind, 'limit');
    assert.match(loop.message!, /a\.scenario\.c:3: a loop in lockstep_thread_a/);
    const setup = await ends('SETUP { while (!x) ; }\nTHREAD(a) { }');
    assert.equal(setup.kind, 'limit');
    assert.match(
      setup.message!,
      /^SETUP: not finished after 5000 steps: setup is in lockstep_setup at a\.scenario\.c:3/,
    );
    const recursion = await ends('static void f(void) { f(); }\nTHREAD(a) { f(); }');
    assert.equal(recursion.kind, 'bug');
    assert.match(recursion.message!, /^a\.scenario\.c:4: in a: endless recursion/);
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    const trace = await run(
      `SCENARIO("endless");
static int flag;
THREAD(waiter) { while (!flag) ; }`,
      { kind: 'round-robin' },
      { signal: abort.signal, progress: () => abort.abort() },
    );
    assert.equal(trace.end.kind, 'cancelled');
  });

  it('what nobody has is unmodelled, in the trace and counted', async () => {
    const trace = await run(`SCENARIO("unknown");
int firmware_call(int what);
extern int firmware_state;
static int (*indirect)(int) = firmware_call;
THREAD(one) { int i; for (i = 0; i < 3; i++) firmware_call(firmware_state); indirect(1); }`);
    assert.equal(trace.end.kind, 'finished');
    const counts = trace.unmodelled.map(u => [u.function, u.line, u.count]);
    assert.deepEqual(counts, [
      ['firmware_state', 5, 3],
      ['firmware_call', 5, 4],
    ]);
    assert.equal(trace.events.filter(e => e.kind === 'unmodelled').length, 7);
  });

  it('flags of spin_lock_irqsave are a local that the primitive writes', async () => {
    const trace = await run(`SCENARIO("irq");
#include <linux/locks.h>
static spinlock_t l;
static int was;
THREAD(a) { unsigned long flags; spin_lock_irqsave(&l, flags); was = irqs_disabled(); spin_unlock_irqrestore(&l, flags); }
INVARIANT("interrupts were off") { CHECK(was == 1); }`);
    assert.equal(trace.end.kind, 'finished', trace.end.message);
    assert.deepEqual(
      trace.locks.map(l => [l.lock, l.holds.length]),
      [['l', 1]],
    );
    assert.deepEqual([trace.invariants[0]?.held, trace.unmodelled], [true, []]);
  });

  it('a header that is not in the tree is named as the likely cause', async () => {
    const text = 'SCENARIO("s");\n#include <linux/none.h>\nTHREAD(a) { none_t x; }';
    await assert.rejects(
      load(text),
      /a\.scenario\.c:3: .*none_t.*\. linux\/none\.h \(included at a\.scenario\.c:2\) is not in test$/,
    );
  });

  it('bad scenarios are refused with their place', async () => {
    await assert.rejects(load('int x;'), /a\.scenario\.c:1: no SCENARIO/);
    await assert.rejects(load('SCENARIO("s"); SOURCES("mm/none.c"); THREAD(a) { }'), (e: Error) => {
      return e instanceof InputError && /mm\/none\.c/.test(e.message);
    });
    await assert.rejects(load('SCENARIO("s");\nTHREAD(a) { int = 3; }'), /a\.scenario\.c:2/);
  });
});
