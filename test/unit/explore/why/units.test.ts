import assert from 'node:assert/strict';
import { changesOf } from '../../../../extension/core/explore/why/changes.ts';
import { statementsOf } from '../../../../extension/core/explore/why/statements.ts';
import { type Unit, unitsOf, without } from '../../../../extension/core/explore/why/units.ts';

const BEFORE = `int f(struct a *a)
{
	a->x = 1;
	return 0;
}
`;
const AFTER = `int f(struct a *a)
{
	int done;

	/* why it is there */
	spin_lock(&a->lock);
	if (a->x) {
		g(a);
		smp_wmb();
	}
	spin_unlock(&a->lock);
	a->x = 2;
	done = a->x;
	return 0;
}
`;

const units = (before: string, after: string, weaken = false): readonly Unit[] =>
  unitsOf('a.c', after, changesOf(before, after), weaken).units;
const told = ({ kind, what, lines }: Unit): string => `${kind} ${what} ${lines.join()}`;

describe('what a patch adds, unit by unit', () => {
  it('is statements, conditions, pairs of lock and unlock, and lines in the place of others', () => {
    assert.deepEqual(units(BEFORE, AFTER).map(told).sort(), [
      'condition the condition 7',
      'instead the old line instead 3,4,5,6,7,8,9,10,11,12,13',
      'pair spin_lock() and spin_unlock() 6,11',
      'statement the statement 12',
      'statement the statement 13',
      'statement the statement 3',
      'statement the statement 7,8,9,10',
      'statement the statement 8',
      'statement the statement 9',
    ]);
  });

  it('is left out without moving a line', () => {
    for (const unit of units(BEFORE, AFTER, true)) {
      const left = without(AFTER, [unit]);
      assert.equal(left.split('\n').length, AFTER.split('\n').length, told(unit));
      const before = AFTER.split('\n');
      for (const [i, line] of left.split('\n').entries())
        if (!unit.lines.includes(i + 1)) assert.equal(line, before[i], told(unit));
    }
  });

  it('leaves C behind that has as many brackets', () => {
    const leave = (what: string): string =>
      without(
        AFTER,
        units(BEFORE, AFTER).filter(u => told(u) === what),
      ).replace(/\s+/g, ' ');
    assert.match(leave('condition the condition 7'), /if \(1\) \{ g\(a\);/);
    assert.match(leave('pair spin_lock() and spin_unlock() 6,11'), /\*\/ ; if \(a->x\).* \} ; a->x = 2;/);
    assert.match(leave('statement the statement 7,8,9,10'), /spin_lock\(&a->lock\); ; spin_unlock/);
    assert.match(
      leave('instead the old line instead 3,4,5,6,7,8,9,10,11,12,13'),
      /^int f\(struct a \*a\) \{ a->x = 1; return 0; \} $/,
    );
  });

  it('says of a line that means nothing by itself what it is', () => {
    const { added } = unitsOf('a.c', AFTER, changesOf(BEFORE, AFTER), false);
    const trivial = added.filter(a => a.trivial).map(a => `${a.line} ${a.trivial}`);
    assert.deepEqual(trivial, ['4 an empty line', '5 a comment', '10 brackets of what is beside it']);
  });

  it('is weaker operations, with what ends them, when these are asked for', () => {
    const after = 'void f(void)\n{\n\tmmap_write_lock(m);\n\tp = kmalloc(8, GFP_KERNEL);\n\tmmap_write_unlock(m);\n}\n';
    const weak = units('void f(void)\n{\n}\n', after, true).filter(u => u.kind === 'weakened');
    assert.deepEqual(
      weak.map(u => u.what),
      ['mmap_write_lock weakened to mmap_read_lock', 'GFP_KERNEL weakened to GFP_ATOMIC'],
    );
    assert.match(without(after, [weak[0]!]), /mmap_read_lock\(m\);[\s\S]*mmap_read_unlock\(m\);/);
  });

  it('knows what a declaration declares, and where', () => {
    const [declaration] = units(BEFORE, AFTER).filter(u => u.lines.join() === '3');
    assert.deepEqual(declaration!.declares, ['done']);
    const after = 'static int helper(int n)\n{\n\treturn n;\n}\n#define TWICE(n) helper(n) * 2\n';
    const made = units('', after).map(u => `${u.kind} ${u.declares.join()}`);
    assert.ok(made.includes('top helper') && made.includes('lines TWICE'), made.join());
  });
});

describe('C taken apart into statements', () => {
  it('finds them within each other', () => {
    const text =
      'int f(int a)\n{\n\tfor (i = 0; i < 3; i++)\n\t\tif (a) b(); else { c(); }\nout:\n\tdo { d(); } while (e);\n\treturn 1;\n}\nstruct s { int x; };\n';
    const [f, s] = statementsOf(text, 'a.c');
    const show = (piece: { from: number; to: number }): string => text.slice(piece.from, piece.to).replace(/\s+/g, ' ');
    assert.deepEqual(f!.body.map(show), [
      'for (i = 0; i < 3; i++) if (a) b(); else { c(); }',
      'out:',
      'do { d(); } while (e);',
      'return 1;',
    ]);
    const inner = f!.body[0]!.children[0]!;
    assert.equal(show(inner.condition!), 'a');
    assert.deepEqual(inner.children.map(show), ['b();', '{ c(); }']);
    assert.equal(show(s!), 'struct s { int x; };');
  });

  it('comes to an end for any text', () => {
    for (const text of [
      '',
      '}',
      '{',
      'f(',
      'int f() {',
      'int f() { if',
      'int f() { if (',
      'if else ; do',
      '((((',
      ';;;;',
      'f() { do',
    ])
      assert.ok(Array.isArray(statementsOf(text, 'a.c')), text);
  });
});
