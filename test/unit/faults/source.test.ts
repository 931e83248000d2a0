import assert from 'node:assert/strict';
import fc from 'fast-check';
import { conditionsAround, functions, tokens } from '../../conformance/faults/cut.ts';
import { Graph } from '../../conformance/faults/graph.ts';
import { lockClass } from '../../conformance/faults/locking.ts';
import { mulberry32, shuffled } from '../../conformance/faults/random.ts';
import { statements, Unreadable, walk } from '../../conformance/faults/statements.ts';

const graph = (text: string): Graph => new Graph(functions(text)[0]!);

describe('faults: cutting functions out of text', () => {
  it('comments, strings and directives are no tokens to be mistaken for code', () => {
    const text =
      '#define F(x) { spin_lock(x); \\\n }\nint a; /* int f(void) { } */ // {\nchar *s = "} {";\nint f(void)\n{\n\treturn \'{\';\n}\n';
    assert.deepEqual(
      functions(text).map(f => [f.name, f.line, f.conditional]),
      [['f', 5, false]],
    );
  });

  it('attributes and annotations around the name', () => {
    const text = [
      '__printf(1, 2) static int f(const char *s, ...)',
      '\t__acquires(&a->lock)',
      '{',
      '}',
      'SYSCALL_DEFINE1(x, int, fd)',
      '{ }',
      'struct s { int (*op)(int); };',
      'static const struct s table = { .op = f };',
      'int *g(void)',
      '{',
      '#ifdef CONFIG_X',
      '\treturn 0;',
      '#endif',
      '}',
    ].join('\n');
    assert.deepEqual(
      functions(text).map(f => [f.name, f.line, f.conditional]),
      [
        ['f', 1, false],
        ['g', 9, true],
      ],
    );
  });

  it('the conditions around a line', () => {
    const text = '#ifdef A\n#if B\nx\n#else\ny\n#endif\n#endif\nz\n';
    assert.deepEqual(conditionsAround(text, 3), ['ifdef A', 'if B']);
    assert.deepEqual(conditionsAround(text, 5), ['ifdef A', 'not (if B)']);
    assert.deepEqual(conditionsAround(text, 8), []);
  });

  it('tokens are the text, in order, for any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), text => {
        let from = 0;
        for (const t of tokens(text)) {
          assert.ok(t.start >= from && t.end > t.start);
          assert.equal(text.slice(t.start, t.end), t.text);
          from = t.end;
        }
        functions(text);
      }),
    );
  });
});

describe('faults: statements and control flow', () => {
  const kinds = (body: string): string[] => [...walk(statements(tokens(body)))].map(s => s.kind);

  it('reads what kernel bodies are made of', () => {
    assert.deepEqual(kinds('{ if (a) b(); else { c(); } return; }'), [
      'block',
      'if',
      'simple',
      'block',
      'simple',
      'return',
    ]);
    assert.deepEqual(kinds('{ list_for_each_entry(p, h, list) if (p) break; out: f(); }').slice(1, 4), [
      'loop',
      'if',
      'break',
    ]);
    assert.deepEqual(kinds('{ do { f(); } while (0); x = ({ int y; y; }); }'), [
      'block',
      'do',
      'block',
      'simple',
      'simple',
    ]);
    assert.deepEqual(kinds('{ switch (a) { case B ? 1 : 2: f(); break; default: g(); } }').slice(3), [
      'case',
      'simple',
      'break',
      'case',
      'simple',
    ]);
    assert.throws(() => kinds('{ else f(); }'), Unreadable);
  });

  it('a lock is known when it is plain and balanced on every path', () => {
    assert.ok(
      graph('void f(struct a *a) { mutex_lock(&a->m); if (a->x) goto out; g(); out: mutex_unlock(&a->m); }').known(
        '&a->m',
      ),
    );
    assert.ok(
      !graph('void f(struct a *a) { if (a->x) mutex_lock(&a->m); g(); if (a->x) mutex_unlock(&a->m); }').known('&a->m'),
    );
    assert.ok(!graph('void f(struct a *a) { mutex_lock(&a->m); }').known('&a->m'));
    assert.ok(!graph('void f(struct a *a) { mutex_unlock(&a->m); mutex_lock(&a->m); }').known('&a->m'));
    assert.ok(!graph('void f(struct a *a) { spin_lock(&a->l); wait(&a->l); spin_unlock(&a->l); }').known('&a->l'));
    assert.ok(
      graph('void f(struct a *a) { spin_lock(&a->l); lockdep_assert_held(&a->l); spin_unlock(&a->l); }').known('&a->l'),
    );
    assert.ok(!graph('void f(struct a *a) { if (!spin_trylock(&a->l)) return; spin_unlock(&a->l); }').known('&a->l'));
    assert.ok(
      graph(
        'void f(struct a *a) { while (1) { spin_lock(&a->l); if (g()) { spin_unlock(&a->l); break; } spin_unlock(&a->l); } }',
      ).known('&a->l'),
    );
    assert.ok(
      !graph('void f(struct a *a) { switch (g()) { case 1: spin_lock(&a->l); break; } spin_unlock(&a->l); }').known(
        '&a->l',
      ),
    );
  });

  it('classes come from declarations', () => {
    const f = functions(
      'void f(struct a *p, struct b *q) { struct c x, *y = p->c; mutex_lock(&y->m); up(z.lock); }',
    )[0]!;
    const of = (path: string): string | undefined => lockClass(f, tokens(path));
    assert.equal(of('&p->in.lock'), 'struct a:in.lock');
    assert.equal(of('&q->l'), 'struct b:l');
    assert.equal(of('&y->m'), 'struct c:m');
    assert.equal(of('&x.m'), 'struct c:m');
    assert.equal(of('&global_lock'), 'global_lock');
    assert.equal(lockClass(functions('void f(void *p) { u32 v; }')[0]!, tokens('&v.lock')), undefined);
  });

  it('the same seed gives the same order', () => {
    const list = Array.from({ length: 50 }, (_, i) => i);
    assert.deepEqual(shuffled(list, mulberry32(7)), shuffled(list, mulberry32(7)));
    assert.notDeepEqual(shuffled(list, mulberry32(7)), shuffled(list, mulberry32(8)));
    assert.deepEqual(
      [...shuffled(list, mulberry32(7))].sort((a, b) => a - b),
      list,
    );
    // Ettinger's generator, seed 1: the first two of its 32-bit outputs.
    const next = mulberry32(1);
    assert.equal(Math.round(next() * 4294967296), 2693262067);
  });
});
