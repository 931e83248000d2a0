import { randomOf } from './scenarioPrograms.ts';

/**
 * A scenario of two or three threads over two locations: marked and plain accesses, fences, exchanges, dependencies, locks, RCU.
 * What a thread does is the same in each execution; only values differ.
 */
export function weakProgram(seed: number): string {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const threads = 2 + random(2);
  const most = threads === 2 ? 4 : 3;
  const locking = seed % 4 === 3;
  let written = 0;
  const body = (t: number): string => {
    const lines: string[] = [];
    const read: string[] = [];
    let accesses = 0;
    const fresh = (): string => {
      read.push(`q${t}${read.length}`);
      return read.at(-1)!;
    };
    const depending = (text: string): string =>
      read.length > 0 && random(3) === 0 ? `${text} + 0 * ${pick(read)}` : text;
    const value = (): string => depending(String(++written));
    const place = (): string => `a[${depending(String(random(2)))}]`;
    const step = (): string => {
      accesses++;
      const at = place();
      const v = value();
      const reads = [
        () => `int ${fresh()} = READ_ONCE(${at});`,
        () => `int ${fresh()} = READ_ONCE(${at});`,
        () => `int ${fresh()} = smp_load_acquire(&${at});`,
        () => `int ${fresh()} = ${pick(['xchg', 'xchg_relaxed', 'xchg_acquire', 'xchg_release'])}(&${at}, ${v});`,
        () => `int ${fresh()} = ${at};`,
      ];
      const writes = [
        () => `WRITE_ONCE(${at}, ${v});`,
        () => `WRITE_ONCE(${at}, ${v});`,
        () => `smp_store_release(&${at}, ${v});`,
        () => (read.length > 0 ? `if (${pick(read)} + 1) { WRITE_ONCE(${at}, ${v}); }` : `WRITE_ONCE(${at}, ${v});`),
        () => `${at} = ${v};`,
      ];
      return pick(random(2) ? reads : writes)();
    };
    for (let i = 1 + random(locking ? 2 : most); i > 0; i--) {
      const kind = locking ? 5 + random(3) : random(10);
      if (kind === 0) lines.push('smp_mb();');
      else if (kind === 1) lines.push('smp_wmb();');
      else if (kind === 2) lines.push('smp_rmb();');
      else if (kind === 3) lines.push('rcu_read_lock();', step(), step(), 'rcu_read_unlock();');
      else if (kind === 4) lines.push('synchronize_rcu();');
      else if (kind === 5)
        lines.push('spin_lock(&l);', pick(['', 'smp_mb__after_spinlock();']), step(), 'spin_unlock(&l);');
      else if (kind === 6 || locking) {
        const mode = pick(['read', 'read', 'write']);
        lines.push(`down_${mode}(&s);`, step(), `up_${mode}(&s);`);
      }
      if (accesses <= most && !locking) lines.push(step());
    }
    return `${lines.join(' ')} ${read.map(r => `(void)${r};`).join(' ')}`;
  };
  return `SCENARIO("random ${seed}");
#include <linux/spinlock.h>
#include <linux/rwsem.h>
static spinlock_t l;
static struct rw_semaphore s;
static int a[4];
${Array.from({ length: threads }, (_, t) => `THREAD(t${t}) { ${body(t)} }`).join('\n')}
`;
}
