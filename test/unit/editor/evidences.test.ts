import assert from 'node:assert/strict';
import { ContractAnalyser } from '../../../extension/core/locks/contracts.ts';
import type { KeyedTree } from '../../../extension/editor/engine.ts';
import { Evidences } from '../../../extension/worker/evidences.ts';
import { textTree } from '../../support/contracts.ts';

const POOL = 'struct pool {\n\tspinlock_t lock;\n\tint used;\n};\n';
const user = (name: string) =>
  `#include "pool.h"\nvoid ${name}(struct pool *pool)\n{\n\tspin_lock(&pool->lock);\n\tpool->used++;\n\tspin_unlock(&pool->lock);\n}\n`;
const FILES = { 'mm/pool.h': POOL, 'mm/a.c': user('a'), 'mm/b.c': user('b'), 'mm/c.c': user('c') };
const offset = FILES['mm/a.c'].indexOf('used');

describe('evidence behind the editor', () => {
  const tree: KeyedTree = { ...textTree(FILES), key: 'tree' };
  const ask = async (evidences: Evidences, analyser: ContractAnalyser) =>
    (await evidences.lockAt(tree, analyser, { file: 'mm/a.c', name: 'used', offset }))!.scope;
  const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

  it('answers from the file at hand, and reads the others when it is quiet', async function () {
    this.timeout(10_000);
    const evidences = new Evidences(() => undefined);
    const analyser = new ContractAnalyser(tree);
    assert.deepEqual(await ask(evidences, analyser), { files: 1, functions: 1, more: 2 });
    assert.deepEqual(await ask(evidences, analyser), { files: 1, functions: 1, more: 2 });
    await sleep(1000);
    // Questions of any kind put it off.
    evidences.asked();
    await sleep(1000);
    assert.deepEqual((await ask(evidences, analyser)).files, 1);
    await sleep(2200);
    assert.deepEqual(await ask(evidences, analyser), { files: 3, functions: 3, more: 0 });
  });

  it('says nothing about who calls what the whole kernel calls', async () => {
    const evidences = new Evidences(() => undefined);
    const analyser = new ContractAnalyser(tree);
    assert.equal(await evidences.callers(tree, analyser, 'mm/a.c', 'spin_lock'), undefined);
    assert.equal(await evidences.callers(tree, analyser, 'mm/a.c', 'a'), undefined);
  });
});
