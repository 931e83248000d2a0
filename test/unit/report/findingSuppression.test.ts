import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Finding } from '../../../extension/core/report/documents.ts';
import { parseJson } from '../../../extension/core/report/json.ts';
import { sourceSuppressions, suppress } from '../../../extension/core/report/suppression.ts';
import { matches, readSuppressionFile } from '../../../extension/core/report/suppressionFile.ts';
import { InputError } from '../../../extension/core/text/source.ts';
import { finding } from '../../support/findings.ts';

const FILE = 'mm/a.c';

/** The finding's line is the one that has `HERE` in it. */
function suppressedIn(text: string, more: Partial<Finding> = {}): Finding {
  const line = text.split('\n').findIndex(l => l.includes('HERE')) + 1;
  assert.ok(line > 0);
  const document = { version: 1 as const, findings: [finding({ file: FILE, line, ...more })] };
  return suppress(document, file => (file === FILE ? text : undefined)).findings[0]!;
}

describe('suppression by comments', () => {
  const reasonOf = (text: string, more?: Partial<Finding>): string | undefined => suppressedIn(text, more).suppressed;

  it('on the line itself', () => {
    assert.equal(reasonOf('f();\n\treturn HERE; /* lockstep: ignore missing-unlock: by design */\n'), 'by design');
    assert.equal(reasonOf('\treturn HERE; // lockstep: ignore missing-unlock: by design\n'), 'by design');
    assert.equal(reasonOf('\t/* lockstep: ignore missing-unlock: by design */ return HERE;\n'), 'by design');
  });

  it('alone on the line before, also with other comments, empty lines and more directives in between', () => {
    assert.equal(reasonOf('/* lockstep: ignore missing-unlock: by design */\n\treturn HERE;\n'), 'by design');
    const many =
      '// lockstep: ignore missing-unlock: first\n// lockstep: ignore double-lock: second\n\n/* why */\n\treturn HERE;\n';
    assert.equal(reasonOf(many), 'first');
    assert.equal(reasonOf(many, { kind: 'double-lock' }), 'second');
  });

  it('tells where the comment stands', () => {
    const { suppressedAt } = suppressedIn('\n  /* lockstep: ignore missing-unlock: by design */\nHERE\n');
    assert.deepEqual(suppressedAt, { file: FILE, line: 2, column: 6 });
  });

  it('a reason may go on over lines, up to the end of its paragraph', () => {
    const text =
      '/*\n * lockstep: ignore missing-unlock: the caller\n *   lets it go\n *\n * More on this.\n */\n\treturn HERE;\n';
    assert.equal(reasonOf(text), 'the caller lets it go');
  });

  it('several kinds', () => {
    const text = '/* lockstep: ignore double-lock, missing-unlock: both */\nHERE;\n';
    assert.equal(reasonOf(text), 'both');
    assert.equal(reasonOf(text, { kind: 'double-lock' }), 'both');
    assert.equal(reasonOf(text, { kind: 'lock-order' }), undefined);
  });

  it('no other line, no other kind', () => {
    assert.equal(reasonOf('/* lockstep: ignore missing-unlock: x */\n\tf();\n\treturn HERE;\n'), undefined);
    assert.equal(reasonOf('\tf(); /* lockstep: ignore missing-unlock: x */\n\treturn HERE;\n'), undefined);
    assert.equal(reasonOf('/* lockstep: ignore double-lock: x */\n\treturn HERE;\n'), undefined);
  });

  it('not in a string, and not where a comment only speaks of it', () => {
    assert.equal(reasonOf('s = "/* lockstep: ignore missing-unlock: x */"; HERE\n'), undefined);
    assert.equal(reasonOf("c = '\"'; /* lockstep: ignore missing-unlock: x */ HERE\n"), 'x');
    assert.equal(reasonOf('/* Never write lockstep: ignore missing-unlock: x */\nHERE\n'), undefined);
  });

  it('without a reason the finding stays and says why', () => {
    for (const text of [
      '/* lockstep: ignore missing-unlock */\nHERE\n',
      '/* lockstep: ignore missing-unlock: */\nHERE\n',
      '/*\n * lockstep: ignore missing-unlock:\n *\n * elsewhere\n */\nHERE\n',
    ]) {
      const got = suppressedIn(text);
      assert.equal(got.suppressed, undefined, text);
      assert.match(got.related.at(-1)!.message, /^not ignored: this comment gives no reason/);
    }
  });

  const FUNCTION = `/* lockstep: ignore-function missing-unlock: hands it out */
static __always_inline int
f(struct a *a, int (*g)(void))
	__acquires(&a->lock)
{
#ifdef CONFIG_A
	if (g()) {
#else
	if (a) {
#endif
		return HERE;
	}
	s = "}";
}

int h(void)
{
	return THERE;
}
`;

  it('of a whole function', () => {
    assert.equal(reasonOf(FUNCTION), 'hands it out');
    assert.equal(reasonOf(FUNCTION.replace('HERE', '0').replace('THERE', 'HERE')), undefined, 'of the next one not');
    const oneLine = '/* lockstep: ignore-function missing-unlock: x */\nvoid f(void) { g(); }\nvoid h(void) { HERE }\n';
    assert.equal(reasonOf(oneLine), undefined);
    assert.equal(reasonOf(oneLine.replace('g()', 'HERE').replace('HERE }', '}')), 'x');
    assert.equal(
      reasonOf(`/**\n * f - does\n * lockstep: ignore-function missing-unlock: x\n */\nvoid f(void)\n{\n\tHERE\n}\n`),
      'x',
    );
  });

  it('says what is wrong with a comment that suppresses nothing', () => {
    const notice = (text: string): string | undefined => sourceSuppressions(text, FILE).notices[0]?.message;
    assert.match(notice('/* lockstep: ignore missing-unlok: x */')!, /"missing-unlok" is no kind of finding/);
    assert.match(notice('/* lockstep: ignore: x */')!, /name what to ignore/);
    assert.match(notice('/* lockstep: ignore-all double-lock: x */')!, /"ignore-all" is neither/);
    assert.match(notice('/* lockstep: ignore-function double-lock: x */\nint x;\n')!, /no function follows/);
    assert.match(
      notice('/* lockstep: ignore-function double-lock: x */\nstruct s { int x; } y;\n')!,
      /no function follows/,
    );
    assert.equal(notice('/* lockstep: ignore double-lock: x */'), undefined);
    const document = suppress({ version: 1, findings: [] }, () => '\n/* lockstep: ignore: x */', [], [FILE]);
    assert.deepEqual(
      document.notices?.map(n => [n.file, n.line, n.column]),
      [[FILE, 2, 4]],
    );
  });

  it('never throws, and never suppresses without a comment', () => {
    const part = fc.constantFrom(
      '/*',
      '*/',
      '//',
      '"',
      "'",
      '\\',
      '\n',
      '{',
      '}',
      '(',
      ')',
      ';',
      'lockstep:',
      ' ignore',
      '-function',
      ' double-lock',
      ': why',
      'x',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), parts => {
        const text = parts.join('');
        const { suppressions } = sourceSuppressions(text, FILE);
        assert.ok(suppressions.length === 0 || /\/[*/][\s\S]*lockstep:/.test(text));
        for (const s of suppressions) assert.ok(s.from <= s.to && s.from >= 1 && s.to <= text.split('\n').length);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('suppression by the tree’s .lockstep.json', () => {
  const rules = (...suppress: object[]) => readSuppressionFile(JSON.stringify({ suppress }));

  it('every field that is given must fit', () => {
    const f = finding({ kind: 'lock-order', function: 'f', file: 'fs/ext4/inode.c', lock: '&a->lock' });
    const fits = (rule: object): boolean => matches(rules({ reason: 'r', ...rule })[0]!, f);
    assert.ok(fits({ kind: 'lock-order' }));
    assert.ok(fits({ kind: ['double-lock', 'lock-order'], function: 'f', file: 'fs/**', lock: '&a->lock' }));
    assert.ok(!fits({ kind: 'double-lock' }));
    assert.ok(!fits({ kind: 'lock-order', function: 'g' }));
    assert.ok(!fits({ kind: 'lock-order', lock: '&b->lock' }));
    assert.ok(!fits({ kind: 'lock-order', file: 'mm/**' }));
  });

  it('paths are patterns', () => {
    const fits = (file: string, path: string): boolean =>
      matches(rules({ file, reason: 'r' })[0]!, finding({ file: path }));
    for (const [glob, path, expected] of [
      ['mm/a.c', 'mm/a.c', true],
      ['mm/a.c', 'mm/axc', false],
      ['mm/*.c', 'mm/a.c', true],
      ['mm/*.c', 'mm/kasan/a.c', false],
      ['mm/**/*.c', 'mm/a.c', true],
      ['mm/**/*.c', 'mm/kasan/x/a.c', true],
      ['**/a.c', 'a.c', true],
      ['drivers/', 'drivers/net/a.c', true],
      ['drivers/', 'driver/a.c', false],
      ['./mm/{a,b?}.c', 'mm/bz.c', true],
      ['mm/{a,b?}.c', 'mm/c.c', false],
      ['mm/a+(b)[c].c', 'mm/a+(b)[c].c', true],
      ['mm/x-y_z.c', 'mm/x-y_z.c', true],
    ] as const)
      assert.equal(fits(glob, path), expected, `${glob} ${path}`);
  });

  it('a comment’s reason comes first; a rule’s place is its entry', () => {
    const document = { version: 1 as const, findings: [finding({ file: FILE, line: 1 }), finding({ file: 'b.c' })] };
    const all = readSuppressionFile('{\n "suppress": [\n  {"kind": "missing-unlock", "reason": "known"} ]\n}');
    const [a, b] = suppress(
      document,
      f => (f === FILE ? 'x; // lockstep: ignore missing-unlock: here' : undefined),
      all,
    ).findings;
    assert.equal(a!.suppressed, 'here');
    assert.equal(b!.suppressed, 'known');
    assert.deepEqual(b!.suppressedAt, { file: '.lockstep.json', line: 3, column: 3 });
  });

  it('one message that names the place', () => {
    const message = (text: string): string => {
      try {
        readSuppressionFile(text);
      } catch (error) {
        assert.ok(error instanceof InputError);
        return error.message;
      }
      return '';
    };
    assert.match(message('{\n  "suppress": [\n    {"kind": }\n  ]\n}'), /^\.lockstep\.json:3: not valid JSON: a value/);
    assert.match(message('Hello!'), /^\.lockstep\.json:1: not valid JSON/);
    assert.match(message(''), /^\.lockstep\.json:1: not valid JSON where the file ends/);
    assert.match(message('{"suppress": [1 2]}'), /:1: not valid JSON: a comma or \] is expected/);
    assert.match(message('[]'), /:1: an object is expected/);
    assert.match(message('{"supress": []}'), /:1: there is no setting "supress"/);
    assert.match(message('{"suppress":\n{}}'), /:2: "suppress" is a list/);
    assert.match(message('{"suppress": [{"kind": "double-lock"}]}'), /suppress\[0\]: a "reason" is needed/);
    assert.match(message('{"suppress": [{"kind": "double-lock", "reason": " "}]}'), /"reason" is a text, not empty/);
    assert.match(message('{"suppress": [{"reason": "x"}]}'), /it would ignore everything/);
    assert.match(message('{"suppress": [{"kind": "x", "reason": "x"}]}'), /"kind" is one of missing-unlock/);
    assert.match(
      message('{"suppress": [\n{"knd": "double-lock", "reason": "x"}]}'),
      /:2: suppress\[0\]: there is no field "knd"/,
    );
    assert.equal(message('{}'), '');
    assert.equal(message('\uFEFF{ "suppress": [ ] }\r\n'), '');
  });

  it('reads all JSON that JSON.parse reads, and nothing else', () => {
    const plain = (text: string): unknown => {
      const of = (n: ReturnType<typeof parseJson>): unknown => {
        if (n.kind === 'object') return Object.fromEntries([...n.members].map(([k, v]) => [k, of(v)]));
        if (n.kind === 'array') return n.items.map(of);
        return n.kind === 'string' ? n.text : n.value;
      };
      return of(parseJson(text, 'x'));
    };
    fc.assert(fc.property(fc.json({ maxDepth: 4 }), text => assert.deepEqual(plain(text), JSON.parse(text))));
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom('"', ',', '{', '1', '\n', 'x', ''),
        (text, n, c) => {
          const at = n % (text.length + 1);
          const broken = text.slice(0, at) + c + text.slice(at + 1);
          let good = true;
          try {
            JSON.parse(broken);
          } catch {
            good = false;
          }
          if (good) plain(broken);
          else assert.throws(() => plain(broken), InputError);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
