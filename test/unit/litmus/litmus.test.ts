import assert from 'node:assert/strict';
import { litmusScenario } from '../../../extension/core/litmus/litmus.ts';
import { runLitmus } from '../../../extension/core/litmus/run.ts';

const passing = (writer: string, reader: string, question = 'exists (1:r0=1 /\\ 1:r1=0)', initial = ''): string => `C MP

(*
 * Result: Never
 *)

{ ${initial} }

P0(int *x, int *y)
{
	${writer}
}

P1(int *x, int *y)
{
	int r0;
	int r1 = 5;

	${reader}
}

${question}
`;
const WRITER = 'WRITE_ONCE(*x, 1); smp_wmb(); WRITE_ONCE(*y, 1);';
const READER = 'r0 = READ_ONCE(*y); smp_rmb(); r1 = READ_ONCE(*x);';

describe('litmus tests', () => {
  it('are scenarios of the same lines', () => {
    const { name, scenario, expected, watched } = litmusScenario('MP.litmus', passing(WRITER, READER));
    assert.deepEqual([name, expected], ['MP', 'Never']);
    assert.equal(scenario.split('\n').findIndex(line => line.includes('smp_rmb')) + 1, 19);
    assert.deepEqual([...watched.keys()], ['x', 'y', '1:r0', '1:r1']);
  });

  it('never, sometimes, always', async () => {
    const verdict = async (text: string) => (await runLitmus('t.litmus', text)).verdict;
    assert.equal(await verdict(passing(WRITER, READER)), 'Never');
    assert.equal(await verdict(passing(WRITER, READER.replace('smp_rmb();', ''))), 'Sometimes');
    assert.equal(await verdict(passing(WRITER, READER, 'exists (x=1 /\\ ~(y=0))')), 'Always');
    assert.equal(await verdict(passing(WRITER, READER, 'forall (x=1)')), 'Always');
    assert.equal(await verdict(passing(WRITER, READER, 'exists (1:r0=3)', 'int y = 3;')), 'Sometimes');
  });

  it('say what the verdict is to be taken with', async () => {
    const plain = await runLitmus('t.litmus', passing('*x = 1; WRITE_ONCE(*y, 1);', READER));
    assert.deepEqual(plain.flags, ['data-race']);
    const ordered = await runLitmus(
      't.litmus',
      passing(WRITER.replace('WRITE_ONCE(*x, 1)', '*x = 1'), 'r0 = smp_load_acquire(y); if (r0) r1 = *x;'),
    );
    assert.deepEqual([ordered.verdict, ordered.flags], ['Never', []]);
    const buffered = await runLitmus(
      't.litmus',
      passing('int r2; r2 = READ_ONCE(*x); WRITE_ONCE(*y, 1);', 'r0 = READ_ONCE(*y); WRITE_ONCE(*x, 1);'),
    );
    assert.deepEqual(buffered.flags, ['load-buffering-left-out']);
  });

  for (const [text, wrong] of [
    ['X86 MP\n{}\n', /t\.litmus:1: not a litmus test in C/],
    ['C t\n{}\nexists (x=1)\n', /t\.litmus:3: a thread P0\(…\) \{ … \} is expected here/],
    ['C t\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); }\n', /t\.litmus:3: the test ends too early/],
    ['C t\n{}\nP0(int *x) { WRITE_ONCE(*x, 1) }\nexists (x=1)\n', /t\.litmus:3: .*`;` is expected/],
    ['C t\n{}\nP1(int *x) { WRITE_ONCE(*x, 1); }\nexists (x=1)\n', /t\.litmus:3: P0 is expected here, not P1/],
  ] as const)
    it(`${JSON.stringify(text)} is none`, async () => {
      const { error, verdict } = await runLitmus('t.litmus', text);
      assert.match(error ?? '', wrong);
      assert.equal(verdict, undefined);
    });
});
