import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readingError } from '../../../extension/core/text/source.ts';
import { fromError } from '../../../extension/worker/errors.ts';
import { buildCli, project } from '../../support/cli.ts';

const N = 100_000;
const MEGABYTES = 10 << 20;
const inside = (body: string): string => `int f(struct s *s)\n{\n${body}\n}\n`;
/** Source that no person wrote. */
const FILES: Record<string, string> = {
  'braces.c': inside('{\n'.repeat(N) + '}\n'.repeat(N)),
  'open braces.c': inside('{\n'.repeat(N)),
  'parentheses.c': inside(`return ${'(\n'.repeat(N)}1${')\n'.repeat(N)};`),
  'open parentheses.c': inside(`return ${'(\n'.repeat(N)}`),
  'calls.c': inside(`return ${'f(\n'.repeat(N)}s${')\n'.repeat(N)};`),
  'ifs.c': inside('if (s->v) {\n'.repeat(N) + '}\n'.repeat(N)),
  'else ifs.c': inside(`${'if (s->v) s->v = 1; else\n'.repeat(N)} s->v = 2;`),
  'loops.c': inside('while (s->v) {\n'.repeat(N) + '}\n'.repeat(N)),
  'unary.c': inside(`return ${'!\n'.repeat(N)}s->v;`),
  'sum.c': inside(`return 0${'\n+ s->v'.repeat(N)};`),
  'conjunction.c': inside(`if (s->v${'\n&& s->v'.repeat(N)}) return 1;\nreturn 0;`),
  'members.c': inside(`return s${'\n->next'.repeat(N)};`),
  'structs.c': 'struct a {\n'.repeat(N) + '};\n'.repeat(N),
  'directives.c': `${'#if A\n'.repeat(5000)}int g(void) { return 1; }\n${'#endif\n'.repeat(5000)}`,
  'open directives.c': '#ifdef A\n'.repeat(5000),
  'loose ends.c': '#endif\n#else\n}\n)\n'.repeat(5000),
  'alternatives.c': `#if A\n${'#elif B\n'.repeat(5000)}#endif\n`,
  'attributes.c': `int ${'__attribute__((x))\n'.repeat(N)}f(struct s *s) { return 0; }\n`,
  'doubling.c': `#define M0 1\n${Array.from({ length: 60 }, (_, i) => `#define M${i + 1} (M${i} + M${i})\n`).join('')}${inside('return M60;')}`,
  'table.c': `int a[] = {\n${'\t1, 2, 3, 4, 5, 6, 7,\n'.repeat(MEGABYTES / 22)}};\n`,
  'comment.c': `/*${' generated\n'.repeat(MEGABYTES / 11)}*/\n`,
  'includes.c': `${'#include "includes.c"\n'.repeat(100)}${inside('return 0;')}`,
};
/** What stands after it: a function with one finding. */
const AFTER = `struct s { spinlock_t lock; int v; };
int after(struct s *s)
{
	spin_lock(&s->lock);
	if (s->v)
		return -1;
	spin_unlock(&s->lock);
	return 0;
}
`;

describe('source that no person wrote, nested 100,000 deep or 10 MB long', function () {
  this.timeout(120_000);
  let base: string;
  before(() => {
    buildCli();
    base = mkdtempSync(join(tmpdir(), 'lockstep-deep-'));
    mkdirSync(join(base, 'include/linux'), { recursive: true });
    writeFileSync(join(base, 'Kbuild'), '');
  });
  after(() => rmSync(base, { recursive: true }));

  for (const [name, text] of Object.entries(FILES))
    it(`${name}: an answer, or one line that says what is wrong, in time`, () => {
      // Alone in its folder: neighbours are read too.
      const folder = join(base, name.replace('.c', ''));
      mkdirSync(folder);
      writeFileSync(join(folder, name), text + AFTER);
      for (const command of ['check', 'contracts']) {
        const { status, stdout, stderr, signal } = spawnSync(
          process.execPath,
          [join(project, 'dist/cli.cjs'), command, join(folder, name)],
          { encoding: 'utf8', timeout: 40_000, maxBuffer: 1 << 28, env: { ...process.env, NO_COLOR: '1' } },
        );
        assert.equal(signal, null, `${command}: it does not end`);
        if (status === 2) {
          assert.match(
            stderr,
            /^lockstep: [^\n]*\.c: (?:brackets or operators are nested too deeply|no function is)[^\n]*\n$/,
          );
          continue;
        }
        assert.equal(stderr, '');
        if (!name.startsWith('open')) assert.match(stdout, command === 'check' ? /missing-unlock/ : /after .*\.c:\d+/);
      }
    });

  it('is a mistake in the input to the editor too, and nothing else becomes one', () => {
    const dive = (n: number): number => dive(n + 1) + 1;
    try {
      dive(0);
      assert.fail('there is no end to the stack');
    } catch (error) {
      assert.equal(fromError(error).name, 'InputError');
      assert.match((readingError(error, 'mm/x.c') as Error).message, /^mm\/x\.c: brackets or operators are nested/);
    }
    for (const other of [new RangeError('Invalid array length'), new TypeError('x'), 'text'])
      assert.equal(readingError(other), other);
  });
});
