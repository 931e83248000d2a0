/** A small random number generator (mulberry32): the same programs on every machine. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed | 0;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

export const HEADER = `typedef struct { int raw; } spinlock_t;
struct rw_semaphore { int count; };
typedef struct { int counter; } atomic_t;
typedef unsigned long size_t;
typedef unsigned int gfp_t;
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
int spin_trylock(spinlock_t *lock);
void down_read(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
void *kzalloc(size_t size, gfp_t flags);
void kfree(const void *p);
`;

/**
 * A scenario of two or three threads with a few steps each, over two integers, two locks, a semaphore and a pointer: plain and
 * marked accesses, atomic operations, conditions on what was read, objects that are published and freed.
 */
export function randomScenario(seed: number): string {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const threads = 2 + random(2);
  const budget = threads === 2 ? 5 : 3;
  const value = (): string => pick(['x', 'y', '1', '2', 'r', 'r + 1']);
  const access = (): string =>
    pick([
      () => `r = ${pick(['x', 'y'])};`,
      () => `${pick(['x', 'y'])} = ${value()};`,
      () => `r = READ_ONCE(${pick(['x', 'y'])});`,
      () => `WRITE_ONCE(${pick(['x', 'y'])}, ${value()});`,
      () => `r = xchg(&${pick(['x', 'y'])}, ${random(3)});`,
      () => `r = cmpxchg(&${pick(['x', 'y'])}, ${random(2)}, 2);`,
      () => `${pick(['x', 'y'])}++;`,
      () => `if (${pick(['x', 'y', 'r'])}) ${pick(['x', 'y'])} = ${random(3)};`,
      () => `if (p) p->a = ${random(3)};`,
      () => `{ struct obj *own = kzalloc(sizeof(*own), 0); own->a = ${value()}; p = own; r = own->a; }`,
      () => `{ struct obj *own = kzalloc(sizeof(*own), 0); own->b = r; r = own->b + 1; kfree(own); }`,
    ])();
  const body = (): string => {
    const out: string[] = [];
    for (let left = 1 + random(budget); left > 0; left--) {
      const kind = random(6);
      if (kind === 0) out.push(`spin_lock(&l); ${access()} spin_unlock(&l);`);
      else if (kind === 1) out.push(`if (spin_trylock(&l)) { ${access()} spin_unlock(&l); }`);
      else if (kind === 2) out.push(`down_read(&sem); ${access()} up_read(&sem);`);
      else if (kind === 3) out.push(`down_write(&sem); ${access()} up_write(&sem);`);
      else out.push(access());
      if (kind < 4) left--;
    }
    return out.join(' ');
  };
  return `SCENARIO("random ${seed}");
#include <linux/spinlock.h>
struct obj { int a; int b; };
static spinlock_t l;
static struct rw_semaphore sem;
static int x, y;
static struct obj *p;
${Array.from({ length: threads }, (_, i) => `static int r${i};\nTHREAD(t${i}) { int r = 0; ${body()} r${i} = r; }`).join('\n')}
`;
}
