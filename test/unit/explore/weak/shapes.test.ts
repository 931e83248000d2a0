import assert from 'node:assert/strict';
import { weakOutcomes } from '../../../support/weakOutcomes.ts';

const HEAD = `SCENARIO("shape");
#include <linux/spinlock.h>
static int x, y, z, r0, r1, r2, r3;
static spinlock_t l;
`;

/** Globals at the end, in the order of their names: "01" is r0=0, r1=1. */
async function outcomes(threads: readonly string[], globals: readonly string[], rest = ''): Promise<string> {
  const text = `${HEAD}${rest}${threads.map((body, t) => `THREAD(t${t}) { ${body} }`).join('\n')}`;
  const found = await weakOutcomes(text, globals);
  assert.deepEqual([found.twice, found.deadlocks], [0, 0]);
  return [...found.outcomes.keys()]
    .map(state => state.replace(/\w+=/g, '').replaceAll(' ', ''))
    .sort()
    .join(' ');
}

const R = ['r0', 'r1'] as const;

describe('litmus shapes as C scenarios, under the kernel’s memory model', function () {
  this.timeout(30_000);
  const is = (name: string, threads: readonly string[], globals: readonly string[], wanted: string, rest = '') =>
    it(`${name}: ${wanted}`, async () => assert.equal(await outcomes(threads, globals, rest), wanted));

  const stores = (between: string): string => `WRITE_ONCE(x, 1); ${between} WRITE_ONCE(y, 1);`;
  const loads = (between: string): string => `r0 = READ_ONCE(y); ${between} r1 = READ_ONCE(x);`;
  is('message passing', [stores(''), loads('')], R, '00 01 10 11');
  is('message passing, smp_wmb alone', [stores('smp_wmb();'), loads('')], R, '00 01 10 11');
  is('message passing, smp_wmb and smp_rmb', [stores('smp_wmb();'), loads('smp_rmb();')], R, '00 01 11');
  is(
    'message passing, release and acquire',
    ['WRITE_ONCE(x, 1); smp_store_release(&y, 1);', 'r0 = smp_load_acquire(&y); r1 = READ_ONCE(x);'],
    R,
    '00 01 11',
  );
  is(
    'message passing, smp_wmb and an address dependency',
    ['WRITE_ONCE(x, 1); smp_wmb(); WRITE_ONCE(p, &x);', 'int *q = READ_ONCE(p); r0 = q == &x; r1 = READ_ONCE(*q);'],
    R,
    '00 11',
    'static int *p = &z;\n',
  );
  is(
    'message passing, a pointer through functions and a transparent struct',
    ['WRITE_ONCE(x, 1); smp_wmb(); WRITE_ONCE(w.v, (unsigned long)&x);', 'r0 = get(of(&w));'],
    ['r0'],
    '1 7',
    `typedef struct { unsigned long v; } w_t;
static int seven = 7;
static w_t w;
SETUP { w.v = (unsigned long)&seven; }
static unsigned long raw(w_t e) { return e.v; }
static int *of(w_t *e) { return (int *)(raw(READ_ONCE(*e)) & ~0ul); }
static int get(int *from) { return READ_ONCE(*from); }
`,
  );
  const store = (a: string, b: string, r: string, f: string): string =>
    `WRITE_ONCE(${a}, 1); ${f} ${r} = READ_ONCE(${b});`;
  is('store buffering', [store('x', 'y', 'r0', ''), store('y', 'x', 'r1', '')], R, '00 01 10 11');
  is(
    'store buffering, smp_mb',
    [store('x', 'y', 'r0', 'smp_mb();'), store('y', 'x', 'r1', 'smp_mb();')],
    R,
    '01 10 11',
  );
  is(
    'load buffering is left out',
    ['r0 = READ_ONCE(x); WRITE_ONCE(y, 1);', 'r1 = READ_ONCE(y); WRITE_ONCE(x, 1);'],
    R,
    '00 01 10',
  );
  const readers = (f: string): string[] => [
    'WRITE_ONCE(x, 1);',
    'WRITE_ONCE(y, 1);',
    `r0 = READ_ONCE(x); ${f} r1 = READ_ONCE(y);`,
    `r2 = READ_ONCE(y); ${f} r3 = READ_ONCE(x);`,
  ];
  const all16 = Array.from({ length: 16 }, (_, i) => i.toString(2).padStart(4, '0'));
  is('IRIW', readers(''), ['r0', 'r1', 'r2', 'r3'], all16.join(' '));
  is('IRIW, smp_mb', readers('smp_mb();'), ['r0', 'r1', 'r2', 'r3'], all16.filter(s => s !== '1010').join(' '));
  is(
    'write to read causality, release and smp_rmb',
    [
      'WRITE_ONCE(x, 1);',
      'r0 = READ_ONCE(x); smp_store_release(&y, 1);',
      'r1 = READ_ONCE(y); smp_rmb(); r2 = READ_ONCE(x);',
    ],
    ['r0', 'r1', 'r2'],
    '000 001 010 011 100 101 111',
  );
  is(
    'ISA2, release, acquire and release, acquire',
    [
      'WRITE_ONCE(x, 1); smp_store_release(&y, 1);',
      'r0 = smp_load_acquire(&y); smp_store_release(&z, 1);',
      'r1 = smp_load_acquire(&z); r2 = READ_ONCE(x);',
    ],
    ['r0', 'r1', 'r2'],
    '000 001 010 011 100 101 111',
  );
  is('2+2W', ['WRITE_ONCE(x, 1); WRITE_ONCE(y, 2);', 'WRITE_ONCE(y, 1); WRITE_ONCE(x, 2);'], ['x', 'y'], '11 12 21 22');
  is(
    '2+2W, smp_mb',
    ['WRITE_ONCE(x, 1); smp_mb(); WRITE_ONCE(y, 2);', 'WRITE_ONCE(y, 1); smp_mb(); WRITE_ONCE(x, 2);'],
    ['x', 'y'],
    '12 21 22',
  );
  is('coherence of reads', ['WRITE_ONCE(x, 1);', 'r0 = READ_ONCE(x); r1 = READ_ONCE(x);'], R, '00 01 11');
  is(
    'RCU: a section that sees what follows a grace period has seen what precedes it',
    [
      'rcu_read_lock(); r0 = READ_ONCE(x); r1 = READ_ONCE(y); rcu_read_unlock();',
      'WRITE_ONCE(x, 1); synchronize_rcu(); WRITE_ONCE(y, 1);',
    ],
    R,
    '00 10 11',
  );
  is(
    'a lock is handed over with all that was done under it',
    ['spin_lock(&l); x++; y++; spin_unlock(&l);', 'spin_lock(&l); r0 = y; r1 = x; spin_unlock(&l);'],
    R,
    '00 11',
  );
  is(
    'who waits for a value goes on when it is there',
    ['while (!READ_ONCE(y)) cpu_relax(); r1 = READ_ONCE(x);', stores('smp_wmb();')],
    ['r1'],
    '0 1',
  );

  for (const [name, threads, ends] of [
    [
      'locks in two orders',
      [
        'spin_lock(&l); spin_lock(&m); spin_unlock(&m); spin_unlock(&l);',
        'spin_lock(&m); spin_lock(&l); spin_unlock(&l); spin_unlock(&m);',
      ],
      'blocked 1, done 2',
    ],
    ['a lock that is not let go', ['spin_lock(&l);', 'spin_lock(&l); spin_unlock(&l);'], 'blocked 1, done 1'],
    [
      'waiting under a lock that who is waited for needs',
      [
        'spin_lock(&l); while (!READ_ONCE(x)) cpu_relax(); spin_unlock(&l);',
        'spin_lock(&l); WRITE_ONCE(x, 1); spin_unlock(&l);',
      ],
      'blocked 1, done 1',
    ],
    ['a value that never comes', ['while (!READ_ONCE(x)) cpu_relax();', 'WRITE_ONCE(x, 0);'], 'blocked 2'],
    [
      'trylock',
      ['if (spin_trylock(&l)) { x++; spin_unlock(&l); }', 'if (spin_trylock(&l)) { x++; spin_unlock(&l); }'],
      'done 4',
    ],
  ] as const)
    it(`${name}: ${ends}`, async () => {
      const text = `${HEAD}static spinlock_t m;\nSETUP { x = 0; }\n${threads.map((body, t) => `THREAD(t${t}) { ${body} }`).join('\n')}`;
      const found = await weakOutcomes(text, ['x']);
      assert.equal(found.twice, 0);
      const done = found.executions - found.deadlocks;
      const parts = [...(found.deadlocks ? [`blocked ${found.deadlocks}`] : []), ...(done ? [`done ${done}`] : [])];
      assert.equal(parts.join(', '), ends);
    });

  for (const [n, executions] of [
    [2, 2],
    [3, 6],
    [4, 24],
    [5, 120],
  ] as const)
    it(`${n} threads that lock; x++; unlock: ${executions} executions`, async () => {
      const threads = Array.from({ length: n }, (_, t) => `THREAD(t${t}) { spin_lock(&l); x++; spin_unlock(&l); }`);
      const found = await weakOutcomes(`${HEAD}${threads.join('\n')}`, ['x']);
      assert.deepEqual([found.executions, found.twice, [...found.outcomes.keys()]], [executions, 0, [`x=${n}`]]);
    });
});
