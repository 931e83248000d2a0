import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import type { WhyDocument } from '../../../extension/core/report/documents.ts';
import { buildCli, lockstep } from '../../support/cli.ts';

const SCENARIO = `SCENARIO("two threads take what is free");
SOURCES("mm/take.c");
extern int left;
THREAD(a) { take(); }
THREAD(b) { take(); }
INVARIANT("nobody takes what is gone") { CHECK(left >= 0); }
`;
const HEADER = `typedef struct { int raw; } spinlock_t;
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
void smp_wmb(void);
`;
const BEFORE = `#include <linux/spinlock.h>
int left = 1;
static spinlock_t lock;
void take(void)
{
	if (left > 0)
		left--;
}
`;
const AFTER = `#include <linux/spinlock.h>
int left = 1;
static spinlock_t lock;
static int taken;

/* Counts. */
static void count(int by)
{
	taken += by;
}

void take(void)
{
	int one = 1;

	spin_lock(&lock);
	if (left > 0) {
		left -= one;
		smp_wmb();
		count(one);
	}
	spin_unlock(&lock);
}
`;

const patch = (before: string, after: string): string =>
  createTwoFilesPatch('a/mm/take.c', 'b/mm/take.c', before, after);

describe('lockstep why', function () {
  this.timeout(60_000);
  let base: string;
  const put = (path: string, text: string): void => writeFileSync(join(base, path), text);
  const run = (...args: string[]) => lockstep([...args, '--tree', base], base);
  const why = (...args: string[]): WhyDocument => {
    const { stdout, stderr } = run('why', 'take.scenario.c', '--json', ...args);
    assert.equal(stderr, '');
    return JSON.parse(stdout) as WhyDocument;
  };

  before(buildCli);
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'lockstep-why-'));
    mkdirSync(join(base, 'mm'));
    mkdirSync(join(base, 'include/linux'), { recursive: true });
    put('include/linux/spinlock.h', HEADER);
    put('take.scenario.c', SCENARIO);
    put('mm/take.c', BEFORE);
    put('fix.patch', patch(BEFORE, AFTER));
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it('says of each added line what breaks without it', () => {
    const { lines, base: whole, variants } = why('--patch', 'fix.patch');
    assert.deepEqual([whole.violations.length, whole.complete], [0, true]);
    const of = (text: string) => lines.find(l => l.text === text)!;
    for (const lock of ['spin_lock(&lock);', 'spin_unlock(&lock);']) {
      assert.equal(of(lock).effect, 'needed');
      assert.match(of(lock).reason, /^without spin_lock\(\) and spin_unlock\(\): violated: nobody takes what is gone/);
      assert.equal(of(lock).lines.length, 2);
    }
    assert.equal(of('smp_wmb();').effect, 'no-effect');
    assert.match(of('smp_wmb();').reason, /all 2 executions, but a barrier does nothing under sequential consistency/);
    assert.equal(of('count(one);').effect, 'no-effect');
    assert.deepEqual([of('/* Counts. */').reason, of('/* Counts. */').executions], ['a comment', 0]);
    // Who declares something goes with who uses it.
    assert.match(
      of('int one = 1;').reason,
      /^without the statement: with lines 18, 20, which it belongs to: nothing found/,
    );
    assert.match(
      of('static void count(int by)').reason,
      /^without it: with line 20, which it belongs to: nothing found/,
    );
    assert.match(of('static int taken;').reason, /with line 9, which it belongs to/);
    assert.ok(
      lines.every(l => l.effect !== 'not-alone'),
      JSON.stringify(lines.filter(l => l.effect === 'not-alone')),
    );
    assert.ok(variants >= 4, `${variants} variants`);
    assert.deepEqual(
      lines.map(l => l.line),
      [...lines.map(l => l.line)].sort((a, b) => a - b),
    );
  });

  it('prints no line that a mail would wrap, and says what it did not look for', () => {
    const { stdout, status } = run('why', 'take.scenario.c', '--patch', 'fix.patch');
    assert.equal(status, 0);
    const long = stdout
      .split('\n')
      .slice(2)
      .filter(line => line.length > 75);
    assert.deepEqual(long, []);
    assert.match(stdout, /needed: without spin_lock\(\) and spin_unlock\(\)/);
    assert.match(stdout, /Not looked for:/);
  });

  it('saves variants whose witnesses replay', () => {
    why('--patch', 'fix.patch', '--save', 'out');
    const witness = readdirSync(join(base, 'out')).find(name => name.endsWith('.json'))!;
    const variant = witness.replace('.json', '.patch');
    const { stdout, status } = run(
      ...['run', 'take.scenario.c', '--patch', 'fix.patch', '--patch', `out/${variant}`],
      ...['--schedule', `out/${witness}`],
    );
    assert.equal(status, 1);
    assert.match(stdout, /nobody takes what is gone/);
  });

  it('asks about lines of the tree as they are', () => {
    put('mm/take.c', AFTER);
    const { lines } = why('--lines', 'mm/take.c:16-22');
    assert.deepEqual(
      lines.map(l => l.line),
      [16, 17, 18, 19, 20, 21, 22],
    );
    assert.equal(lines[0]!.effect, 'needed');
    assert.match(lines[1]!.reason, /^without the condition: violated: nobody/);
  });

  it('does not blame a line for what is wrong with it too', () => {
    put('fix.patch', patch(BEFORE, BEFORE.replace('left--;', 'left--;\n\tleft = left;')));
    const { base: whole, lines } = why('--patch', 'fix.patch');
    assert.ok(whole.violations.some(v => v.invariant === 'nobody takes what is gone'));
    assert.ok(
      lines.every(l => l.effect !== 'needed'),
      JSON.stringify(lines),
    );
  });

  it('tries weaker operations', () => {
    const { weakened } = why('--patch', 'fix.patch', '--weaken');
    assert.deepEqual(weakened, []);
  });

  for (const [what, args, says] of [
    ['no patch', [], /no patch is given/],
    ['a patch that is not there', ['--patch', 'no.patch'], /no\.patch: no such patch/],
    ['a patch that adds nothing', ['--patch', 'less.patch'], /adds no line of C/],
    ['lines that are none', ['--lines', 'mm/take.c'], /write FILE:LINE/],
    ['lines that the file does not have', ['--lines', 'mm/take.c:7-99'], /it has no lines 7-99/],
  ] as const)
    it(`says what is wrong with ${what}`, () => {
      put('less.patch', patch(BEFORE, BEFORE.replace('\t\tleft--;\n', '')));
      const { status, stdout, stderr } = run('why', 'take.scenario.c', ...args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, says);
    });
});
