/*
 * The programs that papers on partial-order reduction measure themselves by, as C scenarios written by us. The numbers of
 * executions are those of Optimal-DPOR (Abdulla, Aronis, Jonsson, Sagonas, POPL 2014); indexer and filesystem are from Flanagan
 * and Godefroid (POPL 2005, figures 4 and 5).
 */

const scenario = (title: string, globals: string, threads: readonly string[]): string =>
  `SCENARIO("${title}");
#include <linux/spinlock.h>
${globals}
${threads.map((body, i) => `THREAD(t${i}) {\n${body}\n}`).join('\n')}
`;
const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

/** n threads of `lock; x++; unlock`: n! executions. */
export const lockers = (n: number): string =>
  scenario(
    `${n} threads of lock, x++, unlock`,
    'static spinlock_t lock;\nstatic int x;\nstatic void add(void) { spin_lock(&lock); x++; spin_unlock(&lock); }',
    times(n, () => 'add();'),
  );

/** One thread writes x, each of n reads it: 2^n. */
export const readers = (n: number): string =>
  scenario(`readers(${n})`, 'static int x;', ['WRITE_ONCE(x, 1);', ...times(n, () => 'READ_ONCE(x);')]);

/** (n + 3) 2^(n - 2). */
export const lastzero = (n: number): string =>
  scenario(`lastzero(${n})`, `static int a[${n + 1}];`, [
    `int i = ${n}; while (READ_ONCE(a[i]) != 0) i--;`,
    ...times(n, j => `WRITE_ONCE(a[${j + 1}], READ_ONCE(a[${j}]) + 1);`),
  ]);

/** 8 for 12 threads, 4,096 for 15. */
export const indexer = (n: number): string =>
  scenario(
    `indexer(${n})`,
    `static int table[128];
static void put(int thread)
{
	int m, w, h;

	for (m = 1; m <= 4; m++) {
		w = m * 11 + thread;
		h = (w * 7) % 128;
		while (cmpxchg(&table[h], 0, w) != 0)
			h = (h + 1) % 128;
	}
}`,
    times(n, i => `put(${i});`),
  );

/** 2, 8, 32 and 64 for 14, 16, 18 and 19 threads. */
export const filesystem = (n: number): string =>
  scenario(
    `filesystem(${n})`,
    `static spinlock_t locki[32], lockb[26];
static int inode[32], busy[26];
static void create(int thread)
{
	int i = thread % 32, b;

	spin_lock(&locki[i]);
	if (inode[i] == 0) {
		b = (i * 2) % 26;
		for (;;) {
			spin_lock(&lockb[b]);
			if (!busy[b]) {
				busy[b] = 1;
				inode[i] = b + 1;
				spin_unlock(&lockb[b]);
				break;
			}
			spin_unlock(&lockb[b]);
			b = (b + 1) % 26;
		}
	}
	spin_unlock(&locki[i]);
}`,
    times(n, i => `create(${i});`),
  );
