import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Log } from 'sarif';
import { check } from '../../../extension/cli/check.ts';
import type { FindingsDocument } from '../../../extension/core/report/documents.ts';
import type { FindingsComparison } from '../../../extension/core/report/findingDiff.ts';
import { buildCli, type CliResult, lockstep } from '../../support/cli.ts';
import { assertSarif } from '../../support/sarif.ts';

const LEAK = `#include <linux/spinlock.h>

struct a {
	spinlock_t lock;
	int n;
};

int f(struct a *a)
{
	spin_lock(&a->lock);
	if (a->n)
		return -1;
	spin_unlock(&a->lock);
	return 0;
}
`;
const CLEAN = LEAK.replace('if (a->n)\n\t\treturn -1;', 'a->n++;').replace('int f', 'int g');
const TWICE = `#include <linux/mutex.h>

struct b {
	struct mutex lock;
};

int h(struct b *b)
{
	mutex_lock(&b->lock);
	mutex_lock(&b->lock);
	mutex_unlock(&b->lock);
	return 0;
}
`;
const HEADERS = {
  'include/linux/spinlock.h': 'typedef struct { int raw; } spinlock_t;\n',
  'include/linux/mutex.h': 'struct mutex { int raw; };\n',
};
/** Puts the unlock where it is missing. */
const FIX = `--- a/mm/leak.c
+++ b/mm/leak.c
@@ -8,8 +8,10 @@
 int f(struct a *a)
 {
 	spin_lock(&a->lock);
-	if (a->n)
+	if (a->n) {
+		spin_unlock(&a->lock);
 		return -1;
+	}
 	spin_unlock(&a->lock);
 	return 0;
 }
`;
/** Moves f down, and adds a file with a fault. */
const WORSE = `--- a/mm/leak.c
+++ b/mm/leak.c
@@ -3,5 +3,8 @@
 struct a {
 	spinlock_t lock;
+	int more;
+	int and_more;
+
 	int n;
 };
 
--- /dev/null
+++ b/fs/new.c
@@ -0,0 +1,${TWICE.trimEnd().split('\n').length} @@
${TWICE.trimEnd().replace(/^/gm, '+')}
`;

describe('lockstep check', function () {
  this.timeout(60_000);
  let dir: string;
  const write = (path: string, text: string | Buffer): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  const cacheBefore = process.env.XDG_CACHE_HOME;
  before(buildCli);
  after(() => {
    if (cacheBefore === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cacheBefore;
  });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lockstep-check-'));
    process.env.XDG_CACHE_HOME = join(dir, '.cache');
    write('Kbuild', '');
    for (const [path, text] of Object.entries(HEADERS)) write(path, text);
    write('mm/leak.c', LEAK);
    write('mm/sub/clean.c', CLEAN);
    write('fs/twice.c', TWICE.replaceAll('h(', 't('));
    write('fix.patch', FIX);
    write('worse.patch', WORSE);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const run = (...args: string[]): CliResult => lockstep(['check', ...args], dir);
  const json = <T = FindingsDocument>(...args: string[]): { document: T; status: number | null } => {
    const { stdout, stderr, status } = run(...args, '--json');
    assert.notEqual(stdout, '', stderr);
    return { document: JSON.parse(stdout) as T, status };
  };
  const named = (list: FindingsDocument['findings']): string[] => list.map(f => `${f.kind} ${f.file} ${f.function}`);
  const kinds = (...args: string[]): string[] => named(json(...args).document.findings);

  it('a file with a fault: status 1, and the fault as a compiler says it', () => {
    const { status, stdout, stderr } = run('mm/leak.c');
    assert.equal(status, 1, stderr);
    assert.match(stdout, /^mm\/leak\.c:12:3: missing-unlock: .* \[high\]\n {4}12 \| \t\treturn -1;\n {7}\| \t\t\^$/m);
    assert.match(stdout, /^1 finding \(1 high\) in 1 function of 1 file/m);
    assert.equal(stderr, '');
  });

  it('a file without: status 0', () => {
    const { status, stdout } = run('mm/sub/clean.c');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^No findings in 1 function of 1 file\.$/m);
  });

  it('a folder is every .c file below it, each once; links to folders are not followed', () => {
    symlinkSync('..', join(dir, 'mm/up'));
    assert.deepEqual(kinds('.'), ['double-lock fs/twice.c t', 'missing-unlock mm/leak.c f']);
    assert.deepEqual(kinds('mm', 'mm/leak.c'), ['missing-unlock mm/leak.c f']);
    assert.equal(json('.').document.functions, 3);
  });

  it('paths are shown from here, and given in documents from the tree', () => {
    const { stdout } = lockstep(['check', 'leak.c'], join(dir, 'mm'));
    assert.match(stdout, /^leak\.c:12:3: missing-unlock/m);
    assert.match(
      lockstep(['check', '../mm/leak.c'], join(dir, 'fs')).stdout,
      /^\/.*\/mm\/leak\.c:12:3: missing-unlock/m,
    );
    const { findings } = JSON.parse(
      lockstep(['check', 'leak.c', '--json'], join(dir, 'mm')).stdout,
    ) as FindingsDocument;
    assert.equal(findings[0]!.file, 'mm/leak.c');
  });

  it('only some kinds, some confidence, one function', () => {
    assert.deepEqual(kinds('.', '--kind', 'double-lock'), ['double-lock fs/twice.c t']);
    assert.equal(kinds('.', '--kind', 'double-lock', '--kind', 'missing-unlock').length, 2);
    assert.equal(kinds('.', '--kind', 'double-lock,missing-unlock').length, 2);
    assert.deepEqual(kinds('.', '--function', 'f'), ['missing-unlock mm/leak.c f']);
    assert.equal(json('.', '--function', 'f').document.functions, 1);
    assert.equal(json('.', '--kind', 'lock-order').status, 0);
  });

  it('what is less sure than asked for is counted, not shown, and no reason for status 1', () => {
    const all = json('.', '--confidence', 'low').document.findings;
    for (const level of ['high', 'medium'] as const) {
      const sure = all.filter(f => f.confidence === 'high' || f.confidence === level);
      assert.deepEqual(json('.', '--confidence', level).document.findings, sure);
    }
  });

  it('a suppressed finding is not shown but in the document, and is no reason for status 1', () => {
    write('mm/leak.c', LEAK.replace('return -1;', 'return -1; /* lockstep: ignore missing-unlock: the caller does */'));
    const { status, stdout } = run('mm/leak.c');
    assert.equal(status, 0);
    assert.match(stdout, /^No findings .*not shown: 1 suppressed/);
    assert.equal(json('mm/leak.c').document.findings[0]!.suppressed, 'the caller does');
  });

  it('the tree’s .lockstep.json, and one line when it is wrong', () => {
    write('.lockstep.json', '{"suppress": [{"kind": "missing-unlock", "file": "mm/*.c", "reason": "known"}]}');
    assert.equal(run('mm').status, 0);
    assert.equal(run('fs').status, 1);
    write('.lockstep.json', '{\n"suppress": [\n{"kind": "missing-unlock" "reason": "known"}]}');
    const { status, stderr, stdout } = run('mm');
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^lockstep: \.lockstep\.json:3: not valid JSON: a comma or \} is expected\n$/);
  });

  describe('calls to other folders', () => {
    const CALL = `struct a { spinlock_t lock; };
void far(struct a *a);
void call(struct a *a)
{
	spin_lock(&a->lock);
	far(a);
	spin_unlock(&a->lock);
}
`;
    const FAR = CALL.split('void far')[0]!;
    const far = (body: string): string => `${FAR}void far(struct a *a)\n{\n${body}}\n`;
    const LOCKS = '\tspin_lock(&a->lock);\n\tspin_unlock(&a->lock);\n';

    it('are followed when a folder is named, or on demand', () => {
      write('mm/call.c', CALL);
      write('drivers/far/far.c', far(LOCKS));
      const all = ['--confidence', 'low', '--function', 'call'];
      assert.deepEqual(kinds('mm', ...all), ['double-lock mm/call.c call']);
      assert.deepEqual(kinds('mm', '--no-index', ...all), []);
      assert.deepEqual(kinds('mm/call.c', ...all), []);
      assert.deepEqual(kinds('mm/call.c', '--index', ...all), ['double-lock mm/call.c call']);
    });

    it('before and after a patch each as the source then is', () => {
      write('mm/call.c', CALL);
      write('drivers/far/far.c', far(''));
      write(
        'far.patch',
        `--- a/drivers/far/far.c\n+++ b/drivers/far/far.c\n@@ -3,2 +3,4 @@\n {\n${LOCKS.replace(/^(?=.)/gm, '+')} }\n`,
      );
      const args = ['mm', '--patch', 'far.patch', '--confidence', 'low', '--function', 'call'];
      const { document } = json<FindingsComparison>(...args);
      assert.deepEqual([named(document.added), document.removed], [['double-lock mm/call.c call'], []]);
    });
  });

  it('with the index, a patch is followed to the callers of what it changes', () => {
    const head = 'struct a { spinlock_t lock; };\n';
    write('drivers/one/take.c', `${head}void take(struct a *a)\n{\n}\n\nvoid same(struct a *a)\n{\n}\n`);
    const caller = (name: string): string =>
      `${head}void c_${name}(struct a *a)\n{\n\tspin_lock(&a->lock);\n\t${name}(a);\n\tspin_unlock(&a->lock);\n}\n`;
    write('sound/two/call.c', caller('take'));
    write(
      'sound/two/twice.c',
      `${caller('same')}void leak(struct a *a)\n{\n\tspin_lock(&a->lock);\n\tspin_lock(&a->lock);\n}\n`,
    );
    write(
      'take.patch',
      '--- a/drivers/one/take.c\n+++ b/drivers/one/take.c\n@@ -2,3 +2,5 @@\n void take(struct a *a)\n {\n+\tspin_lock(&a->lock);\n+\tspin_unlock(&a->lock);\n }\n',
    );
    const sidesOf = (...args: string[]): string[][] => {
      const { document } = json<FindingsComparison>('--patch', 'take.patch', '--confidence', 'low', ...args);
      return [named(document.added), named(document.removed), named(document.unchanged)];
    };
    assert.deepEqual(sidesOf(), [[], [], []]);
    // same() is as it was, so its caller's fault is none of the patch's business.
    assert.deepEqual(sidesOf('--index'), [['double-lock sound/two/call.c c_take'], [], []]);
  });

  it('SARIF, to a file', () => {
    const { status, stdout } = run('.', '--format', 'sarif', '--output', 'out.sarif');
    assert.deepEqual([status, stdout], [1, '']);
    const log = JSON.parse(readFileSync(join(dir, 'out.sarif'), 'utf8')) as Log;
    assertSarif(log);
    const [{ results, originalUriBaseIds }] = log.runs as [Log['runs'][0]];
    assert.deepEqual(
      results!.map(r => r.ruleId),
      ['double-lock', 'missing-unlock'],
    );
    assert.match(originalUriBaseIds!.SRCROOT!.uri!, /^file:\/\/\/.*\/lockstep-check-\w+\/$/);
  });

  describe('--patch', () => {
    const compared = (...args: string[]) => json<FindingsComparison>(...args);
    const sides = ({ added, removed, unchanged }: FindingsComparison): string[][] =>
      [added, removed, unchanged].map(named);

    it('one that puts right: status 0', () => {
      const { document, status } = compared('--patch', 'fix.patch');
      assert.equal(status, 0);
      assert.deepEqual(sides(document), [[], ['missing-unlock mm/leak.c f'], []]);
      assert.equal(document.patch, 'fix.patch');
      assert.match(
        run('--patch', 'fix.patch').stdout,
        /^== gone\n\n.*\n.*mm\/leak\.c:12:3: missing-unlock[\s\S]*^0 new, 1 gone, 0 unchanged/m,
      );
    });

    it('one that makes wrong: status 1; what only moved is unchanged', () => {
      const { document, status } = compared('--patch', 'worse.patch');
      assert.equal(status, 1);
      assert.deepEqual(sides(document), [['double-lock fs/new.c h'], [], ['missing-unlock mm/leak.c f']]);
      assert.equal(document.unchanged[0]!.line, 15);
      const { stdout } = run('--patch', 'worse.patch');
      assert.match(
        stdout,
        /^fs\/new\.c:10:2: double-lock: .*\n {4}10 \| \tmutex_lock\(&b->lock\);$/m,
        'lines of the patched source',
      );
    });

    it('a series, in order', () => {
      write('fix.patch', FIX.replace('@@ -8,8 +8,10 @@', '@@ -11,8 +11,10 @@'));
      const { document } = compared('--patch', 'worse.patch', '--patch', 'fix.patch');
      assert.deepEqual(sides(document), [['double-lock fs/new.c h'], ['missing-unlock mm/leak.c f'], []]);
    });

    it('paths choose among its files, and add others that it may matter to', () => {
      assert.deepEqual(sides(compared('mm', '--patch', 'worse.patch').document), [
        [],
        [],
        ['missing-unlock mm/leak.c f'],
      ]);
      assert.deepEqual(sides(compared('fs', '--patch', 'worse.patch').document), [
        ['double-lock fs/new.c h'],
        [],
        ['double-lock fs/twice.c t'],
      ]);
    });

    it('a caller in a file that it does not touch, where that is named', () => {
      write('mm/take.c', `${LEAK.split('int f')[0]}void take(struct a *a)\n{\n}\n`);
      const call =
        '#include <linux/spinlock.h>\nstruct a { spinlock_t lock; };\nvoid take(struct a *a);\nvoid call(struct a *a)\n{\n\tspin_lock(&a->lock);\n\ttake(a);\n\tspin_unlock(&a->lock);\n}\n';
      write('mm/call.c', call);
      write(
        'take.patch',
        '--- a/mm/take.c\n+++ b/mm/take.c\n@@ -8,3 +8,5 @@\n void take(struct a *a)\n {\n+\tspin_lock(&a->lock);\n+\tspin_unlock(&a->lock);\n }\n',
      );
      const { document } = compared('mm', '--patch', 'take.patch', '--confidence', 'low');
      assert.deepEqual(named(document.added), ['double-lock mm/call.c call']);
    });

    it('as SARIF', () => {
      const log = JSON.parse(run('--patch', 'worse.patch', '--format', 'sarif').stdout) as Log;
      assertSarif(log);
      assert.deepEqual(
        log.runs[0]!.results!.map(r => r.baselineState),
        ['new', 'unchanged'],
      );
    });
  });

  describe('bad input', () => {
    const CASES: [args: string[], message: RegExp][] = [
      [[], /^no path is given; name C files or folders/],
      [['none.c'], /^none\.c: no such file or folder/],
      [['include'], /^include: there is no \.c file below this folder/],
      [['/', '--tree', '.'], /^\/: it is not inside the tree .*; name its tree with --tree/],
      [['mm', '--kind', 'leak'], /^--kind leak: it is one of missing-unlock, /],
      [['mm', '--confidence', 'sure'], /^--confidence sure: it is one of high, medium, low/],
      [['mm', '--format', 'xml'], /^--format xml: it is one of text, json, sarif/],
      [['mm', '--function', 'ff'], /^the 2 files named: no function ff is defined there/],
      [['mm/leak.c', '--function', 'ff'], /^mm\/leak\.c: no function ff is defined there/],
      [['mm', '--tree', 'none'], /^--tree none: no such folder/],
      [['--patch', 'none.patch'], /^none\.patch: no such patch/],
      [['--patch', 'mm'], /^mm: a folder, not a patch/],
      [['--patch', 'Kbuild'], /^Kbuild: there is no diff in it/],
      [['mm/sub', '--patch', 'stale.patch'], /^stale\.patch: mm\/leak\.c: @@ .* does not apply/],
      [['--patch', 'doc.patch'], /^doc\.patch: it changes no C file$/],
      [['binary.c'], /^binary\.c: not C source: byte 0 is NUL/],
    ];
    for (const [args, message] of CASES)
      it(`lockstep check ${args.join(' ')}`, () => {
        write('stale.patch', FIX.replaceAll('a->n', 'a->m'));
        write('doc.patch', '--- a/Kbuild\n+++ b/Kbuild\n@@ -0,0 +1 @@\n+obj-y += a.o\n');
        write('binary.c', Buffer.from([0, 1, 2]));
        const { status, stderr, stdout } = run(...args);
        assert.equal(status, 2, stdout);
        assert.match(stderr, /^lockstep: .*\n$/);
        assert.match(stderr.slice('lockstep: '.length).trimEnd(), message);
        assert.equal(stdout, '');
      });

    it('among others, a file that is no C costs only itself: the rest is shown, status 2', () => {
      write('mm/binary.c', Buffer.from([0, 1, 2]));
      const { status, stdout, stderr } = run('mm');
      assert.equal(status, 2);
      assert.match(stdout, /^mm\/leak\.c:12:3: missing-unlock/m);
      assert.match(stderr, /^lockstep: mm\/binary\.c: not C source: byte 0 is NUL.*\n$/);
    });

    it('files of two trees', () => {
      write('other/Kbuild', '');
      write('other/include/linux/a.h', '');
      write('other/mm/a.c', CLEAN);
      assert.match(
        run('mm/leak.c', 'other/mm/a.c').stderr,
        /^lockstep: mm\/leak\.c is in the tree .*; check one tree at a time/,
      );
    });
  });

  it('stopped: what there is so far, and status 2', async () => {
    const stop = new AbortController();
    stop.abort();
    const { status, text, problem } = await check([join(dir, 'mm')], {}, stop.signal);
    assert.equal(status, 2);
    assert.equal(problem, 'stopped after 0 of 2 files');
    assert.match(text, /^No findings in 0 functions of 0 files\./);
  });
});
