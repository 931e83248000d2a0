import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VerdictDocument } from '../../../extension/core/report/documents.ts';
import { buildCli, lockstep } from '../../support/cli.ts';

const SCENARIO = `SCENARIO("two threads take what is free");
SOURCES("mm/take.c");
extern int left;
THREAD(a) { take(); }
THREAD(b) { take(); }
INVARIANT("nobody takes what is gone") { CHECK(left >= 0); }
`;
const TAKE = `int left = 1;
void take(void)
{
	if (READ_ONCE(left) > 0)
		WRITE_ONCE(left, READ_ONCE(left) - 1);
}
`;

describe('lockstep explore', function () {
  this.timeout(60_000);
  let base: string;
  const put = (path: string, text: string): void => writeFileSync(join(base, path), text);
  const run = (...args: string[]) => lockstep([...args, '--tree', base], base);
  const explore = (...args: string[]): VerdictDocument =>
    JSON.parse(run('explore', 'take.scenario.c', '--json', ...args).stdout) as VerdictDocument;

  before(buildCli);
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'lockstep-explore-'));
    mkdirSync(join(base, 'mm'));
    put('take.scenario.c', SCENARIO);
    put('mm/take.c', TAKE);
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it('goes on from the file that it left when it was stopped, to the same verdict', () => {
    const whole = explore();
    const parts = ['explore', 'take.scenario.c', '--executions', '2', '--resume', 'left.json', '--json'];
    let rounds = 0;
    let last = run(...parts);
    while (existsSync(join(base, 'left.json'))) {
      rounds++;
      last = run(...parts);
    }
    const { steps: _, ...verdict } = JSON.parse(last.stdout) as VerdictDocument;
    const { steps: __, ...expected } = whole;
    assert.deepEqual(verdict, expected);
    assert.ok(rounds > 1, `${rounds} rounds`);
    assert.equal(last.status, 1);
  });

  it('says what to do to go on', () => {
    put('mm/take.c', TAKE.replace('READ_ONCE(left) - 1', '0'));
    const { status, stderr } = run('explore', 'take.scenario.c', '--executions', '2', '--resume', 'left.json');
    assert.equal(status, 2);
    assert.equal(stderr, 'lockstep: take.scenario.c: given up after 2; the same command goes on from left.json\n');
  });

  for (const [what, change, says] of [
    ['a source', () => put('mm/take.c', TAKE.replace('> 0', '>= 1')), /mm\/take\.c do something else now/],
    ['the scenario', () => put('take.scenario.c', SCENARIO.replace('>= 0', '> -1')), /take\.scenario\.c do something/],
    ['the file', () => put('left.json', '{}'), /no exploration was saved there/],
  ] as const)
    it(`does not go on when ${what} is another one`, () => {
      run('explore', 'take.scenario.c', '--executions', '2', '--resume', 'left.json');
      change();
      const before = readFileSync(join(base, 'left.json'), 'utf8');
      const { status, stderr, stdout } = run('explore', 'take.scenario.c', '--resume', 'left.json');
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, says);
      assert.equal(readFileSync(join(base, 'left.json'), 'utf8'), before);
    });

  it('goes on when only comments and places have changed', () => {
    run('explore', 'take.scenario.c', '--executions', '2', '--resume', 'left.json');
    put('mm/take.c', `/* What is left. */\n\n${TAKE.replace('WRITE', '/* one */ WRITE')}`);
    assert.equal(run('explore', 'take.scenario.c', '--resume', 'left.json').status, 1);
  });

  it('does not go on under another bound', () => {
    run('explore', 'take.scenario.c', '--executions', '2', '--resume', 'left.json');
    const { status, stderr } = run('explore', 'take.scenario.c', '--preemptions', '1', '--resume', 'left.json');
    assert.equal(status, 2);
    assert.match(stderr, /begun with no bound of preemptions/);
  });

  it('gives witnesses that only the same version replays', () => {
    const [violation] = explore().violations;
    put('witness.json', JSON.stringify(violation));
    const replay = (...more: string[]) => run('run', 'take.scenario.c', '--schedule', 'witness.json', ...more);
    assert.equal(replay().status, 1);
    put('mm/take.c', `/* moved */\n${TAKE}`);
    assert.equal(replay().status, 1);
    put('mm/take.c', TAKE.replace('> 0', '> 1'));
    const { status, stderr } = replay();
    assert.equal(status, 2);
    assert.match(
      stderr,
      /schedule is of another version: functions of mm\/take\.c do something else now; explore again/,
    );
    assert.equal(replay('--any-version').status, 0);
  });
});
