import assert from 'node:assert/strict';
import { contractMarkdown, contractText } from '../../../extension/core/report/contractText.ts';
import { brief, contractOf } from '../../support/contracts.ts';

describe('lock contracts: callees', () => {
  it('follows wrappers in headers and names the lock by the argument', async () => {
    const c = await contractOf(
      '#include <linux/w.h>\nvoid f(void)\n{\n\tmm_lock(&init_mm);\n\tmm_unlock(&init_mm);\n}\n',
      {
        'include/linux/w.h':
          'static inline void mm_lock(struct mm *mm)\n{\n\tdown_read(&mm->sem);\n}\n#define mm_unlock(mm) do {\t\\\n\tup_read(&(mm)->sem);\t\\\n} while (0)\n',
      },
    );
    assert.deepEqual([brief(c.takes), c.unknown], [['&init_mm.sem read 4'], []]);
    assert.deepEqual(c.takes[0]!.via, ['mm_lock']);
    assert.deepEqual(c.takes[0]!.origin, { file: 'include/linux/w.h', line: 3, column: 2 });
  });

  it('follows a lock that a macro hands out through a pointer', async () => {
    const c = await contractOf(`
#define get_and_lock(mm, ptlp) ({ spinlock_t *__ptl = ptl_of(mm); *(ptlp) = __ptl; spin_lock(__ptl); 1; })
static spinlock_t *ptl_of(struct mm *mm)
{
	return &mm->ptl;
}
void f(struct mm *mm)
{
	spinlock_t *ptl;

	get_and_lock(mm, &ptl);
	spin_unlock(ptl);
}
`);
    assert.deepEqual([brief(c.takes), brief(c.acquires), brief(c.requires)], [['&mm->ptl write 11'], [], []]);
  });

  it('follows functions that macros at file level make', async () => {
    const c = await contractOf('#include <linux/w.h>\nvoid f(struct a *a)\n{\n\tif (ATest(a))\n\t\ta_take(a);\n}\n', {
      'include/linux/w.h':
        '#define TESTER(name) static inline int name##Test(struct a *a) { return a->bits & 1; }\n#define TAKER(name) static inline void name##_take(struct a *a) { mutex_lock(&a->m); }\nTESTER(A)\nTAKER(a)\n',
    });
    assert.deepEqual([brief(c.acquires), c.unknown], [['&a->m write 5'], []]);
    assert.deepEqual(c.acquires[0]!.origin?.line, 4);
  });

  it('a cast is no call, a function in parentheses is one', async () => {
    const c = await contractOf(
      'static void g(struct a *a)\n{\n\tmutex_lock(&a->m);\n}\nu64 f(struct a *a, long x)\n{\n\t(g)(a);\n\treturn (u64)(x) + (gfp_t)(x);\n}\n',
    );
    assert.deepEqual([brief(c.acquires), c.unknown], [['&a->m write 7'], []]);
  });

  it('finds extern functions in other .c files of the folder', async () => {
    const c = await contractOf('void f(void)\n{\n\tfar();\n}\n', {
      'mm/b.c': 'void far(void)\n{\n\tmutex_lock(&far_mutex);\n}\n',
    });
    assert.deepEqual(brief(c.acquires), ['&far_mutex write 3']);
  });

  it('goes through a pointer that an accessor returns, or null', async () => {
    const c = await contractOf(`
struct req { int n; };
struct mreq { struct req req; struct mtu *mtu; };
static inline struct mreq *to_mreq(struct req *r)
{
	return r ? container_of(r, struct mreq, req) : NULL;
}
void f(struct req *r)
{
	struct mreq *m = to_mreq(r);

	spin_unlock(&m->mtu->lock);
	complete(r);
	spin_lock(&m->mtu->lock);
}
`);
    assert.deepEqual([c.acquires, brief(c.requires)], [[], ['&to_mreq(r)->mtu->lock write 12']]);
  });

  it('takes a lock for taken where nobody asks whether it was', async () => {
    const c = await contractOf(`
void *f(struct tty *tty)
{
	void *ld;

	ldsem_down_read(&tty->sem, MAX_SCHEDULE_TIMEOUT);
	ld = tty->ld;
	if (!ld)
		ldsem_up_read(&tty->sem);
	return ld;
}
`);
    assert.deepEqual([c.requires, c.releases, brief(c.acquires)], [[], [], ['&tty->sem read 6']]);
  });

  it('names a lock behind container_of, whatever way its type is written', async () => {
    const c = await contractOf(`
void f(struct kref *ref)
{
	struct front *front = container_of(ref, typeof(*front), ref);

	spin_lock(&front->lock);
	spin_unlock(&container_of(ref, struct front, ref)->lock);
}
`);
    assert.deepEqual([c.acquires, c.requires], [[], []]);
    assert.deepEqual(brief(c.takes), ['&container_of(ref, …, ref)->lock write 6']);
  });

  it('calls through operations go to the functions stored there, or are unknown', async () => {
    const text = (table: string) =>
      `static int entry(struct a *a)\n{\n\tmutex_lock(&a->m);\n\tmutex_unlock(&a->m);\n\treturn 0;\n}\n${table}\nint f(struct a *a, struct ops *ops)\n{\n\treturn ops->entry(a);\n}\n`;
    assert.deepEqual(brief((await contractOf(text('static struct ops o = {\n\t.entry = entry,\n};'))).takes), [
      '&a->m write 12',
    ]);
    assert.deepEqual((await contractOf(text(''))).unknown, ['ops->entry']);
  });

  it('ends at recursion with the fixpoint', async () => {
    const c = await contractOf(
      'static void g(struct a *a, int n);\nvoid f(struct a *a, int n)\n{\n\tif (n)\n\t\tg(a, n - 1);\n\tmutex_lock(&a->m);\n\tmutex_unlock(&a->m);\n}\nstatic void g(struct a *a, int n)\n{\n\tf(a, n);\n}\n',
    );
    assert.deepEqual(brief(c.takes), ['&a->m write 5', '&a->m write 6']);
    assert.deepEqual([c.acquires, c.unknown], [[], []]);
  });

  it('decides #if by the configuration', async () => {
    const c = await contractOf(
      '#ifdef CONFIG_SMP\nvoid f(void)\n{\n\tmutex_lock(&smp);\n}\n#else\nvoid f(void)\n{\n\tmutex_lock(&up);\n}\n#endif\n',
    );
    assert.deepEqual(brief(c.acquires), ['&smp write 4']);
  });

  it('says what could not be followed', async () => {
    const c = await contractOf('void f(void)\n{\n\tnowhere_to_be_found();\n}\n');
    assert.deepEqual(c.unknown, ['nowhere_to_be_found']);
    assert.match(contractText(c), /unknown {4}nowhere_to_be_found/);
  });

  it('is told in a hover with a link for each line, and a table only when exits differ', async () => {
    const c = await contractOf(
      'int f(struct a *a)\n{\n\tdown_read(&a->sem);\n\tif (a->x)\n\t\treturn 1;\n\tup_read(&a->sem);\n\treturn 0;\n}\n',
    );
    const text = contractMarkdown(c, fact => `go:${fact.line}`);
    assert.match(text, /\*\*acquires\*\* .*`&a->sem` \(read\) · line \[3\]\(go:3\)/);
    assert.match(text, /\| \[5\]\(go:5\) \| return a positive value, holds `&a->sem` \(read\) \|/);
    const plain = await contractOf('void f(struct a *a)\n{\n\tspin_lock(&a->l);\n\tspin_unlock(&a->l);\n}\n');
    assert.doesNotMatch(
      contractMarkdown(plain, () => 'x'),
      /\|/,
    );
  });
});
