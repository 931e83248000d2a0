import assert from 'node:assert/strict';
import { ContractAnalyser } from '../../../extension/core/locks/contracts.ts';
import type { FunctionContract } from '../../../extension/core/report/documents.ts';
import type { SourceTree } from '../../../extension/core/text/source.ts';
import { analyserOf } from '../../support/contracts.ts';

/** A lock made of C: a spinlock, who owns it, and what lockdep is told. */
const OWN = `
struct own_lock { spinlock_t slock; int owned; struct lockdep_map dep_map; };
struct obj { struct own_lock o; struct mutex m; struct lockdep_map work_map; };
void own(struct obj *p)
{
	mutex_acquire(&p->o.dep_map, 0, 0, 0);
	spin_lock(&p->o.slock);
	p->o.owned = 1;
	spin_unlock(&p->o.slock);
}
static void disown_locked(struct obj *p)
{
	if (p->o.owned) {
		p->o.owned = 0;
		mutex_release(&p->o.dep_map, 0);
	}
}
void disown(struct obj *p)
{
	spin_lock(&p->o.slock);
	disown_locked(p);
	spin_unlock(&p->o.slock);
}
`;

function analyser(text: string): ContractAnalyser {
  const tree: SourceTree = {
    label: 'text',
    read: async path => (path === 'mm/a.c' ? new TextEncoder().encode(text) : undefined),
    list: async () => undefined,
  };
  return new ContractAnalyser(tree, { loops: [] });
}
const contract = (text: string, name: string): Promise<FunctionContract> =>
  analyser(OWN + text).requireContract('mm/a.c', name);
const locks = (facts: readonly { readonly lock: string; readonly mode: string }[]): string[] =>
  facts.map(f => `${f.lock} ${f.mode}`);

describe('what lockdep is told of a lock', () => {
  it('a lock that is made of C is taken and let go where lockdep is told so', async () => {
    assert.deepEqual(locks((await contract('', 'own')).acquires), ['&p->o write']);
    const gone = await contract('', 'disown');
    assert.deepEqual(locks(gone.releases), ['&p->o write']);
    assert.deepEqual(
      gone.exits.map(e => e.released.length),
      [1],
    );
  });

  it('what the lock itself says of who has it, whoever lets it go knows, also after calls into the unknown', async () => {
    const around = await contract('void f(struct obj *p) { own(p); anything(p); disown(p); }', 'f');
    assert.deepEqual([locks(around.acquires), locks(around.requires)], [[], []]);
    const { findings } = await analyser(`${OWN}int g(struct obj *p, int c)
{
	own(p);
	if (anything(p))
		return -22;
	disown(p);
	return 0;
}
void h(struct obj *p) { own(p); own(p); disown(p); }
`).findings('mm/a.c');
    assert.deepEqual(findings.map(f => `${f.kind} ${f.function}`).sort(), ['double-lock h', 'missing-unlock g']);
  });

  it('a map that is no member of that name is no lock', async () => {
    const none = await contract(
      'void f(struct obj *p) { lock_map_acquire(&p->work_map); lock_map_release(&p->work_map); lock_map_acquire(&some_map); }',
      'f',
    );
    assert.deepEqual([none.acquires, none.releases, none.takes, none.requires], [[], [], [], []]);
  });

  it('of a lock that a primitive takes it says who owns it, and that it is held stays so', async () => {
    const kept = await contract('void f(struct obj *p) { mutex_lock(&p->m); mutex_release(&p->m.dep_map, 0); }', 'f');
    assert.deepEqual(locks(kept.acquires), ['&p->m write']);
    const taken = await contract(
      'void f(struct obj *p) { mutex_acquire(&p->m.dep_map, 0, 0, 0); mutex_unlock(&p->m); }',
      'f',
    );
    assert.deepEqual([locks(taken.acquires), locks(taken.releases)], [[], ['&p->m write']]);
  });

  it('what was only tried is in no order', async () => {
    const text = (tries: number): string => `${OWN}void a(struct obj *p)
{
	spin_lock(&p->o.slock);
	mutex_acquire(&p->o.dep_map, 0, ${tries}, 0);
	mutex_release(&p->o.dep_map, 0);
	spin_unlock(&p->o.slock);
}
`;
    const kinds = async (tries: number): Promise<string[]> =>
      (await analyser(text(tries)).findings('mm/a.c')).findings.map(f => f.kind);
    assert.deepEqual(await kinds(1), []);
    assert.ok((await kinds(0)).includes('lock-order'));
  });

  it('a listed wrapper is followed where it is defined, and said where it is not', async () => {
    const alone = await analyser('void f(struct sock *sk) { lock_sock_nested(sk, 0); }').requireContract('mm/a.c', 'f');
    assert.deepEqual(locks(alone.acquires), ['&sk->sk_lock write']);
    const own = await analyser(
      'struct sock { struct mutex other; };\nvoid lock_sock_nested(struct sock *sk, int n) { mutex_lock(&sk->other); }\nvoid f(struct sock *sk) { lock_sock_nested(sk, 0); }',
    ).requireContract('mm/a.c', 'f');
    assert.deepEqual(locks(own.acquires), ['&sk->other write']);
  });
});

describe('wrappers of which not all was followed', () => {
  it('do what the table says: rtnl_unlock() lets go at the end of a chain of calls', async () => {
    const analyser = await analyserOf({
      'net/core/rtnetlink.c': `struct mutex rtnl_mutex;
void rtnl_lock(void)
{
	mutex_lock(&rtnl_mutex);
}
void rtnl_unlock(void)
{
	netdev_run_todo();
}
`,
      'net/core/user.c': `void rtnl_lock(void);
void rtnl_unlock(void);
void twice(void)
{
	rtnl_lock();
	rtnl_unlock();
	rtnl_lock();
	rtnl_unlock();
}
`,
    });
    assert.deepEqual((await analyser.findings('net/core/user.c')).findings, []);
    assert.deepEqual((await analyser.requireContract('net/core/user.c', 'twice')).exits[0]!.held, []);
  });
});
