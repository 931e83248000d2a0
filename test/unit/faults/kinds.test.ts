import assert from 'node:assert/strict';
import { candidatesOf } from '../../conformance/faults/candidates.ts';
import { type FaultKind, type Mutant, mutate, readFile } from '../../conformance/faults/mutant.ts';
import { select } from '../../conformance/faults/select.ts';

/** Every fault of a kind that the function `f` of a text can be given. */
function mutants(kind: FaultKind, text: string): Mutant[] {
  const facts = readFile('a.c', text);
  const target = facts.targets.find(t => t.f.name === 'f');
  return target ? candidatesOf(facts)(target, kind).map(fault => mutate(facts, target, fault)) : [];
}

const f = (...lines: string[]): string => `static int f(struct a *a, struct b *b)\n{\n\t${lines.join('\n\t')}\n}\n`;

describe('faults: unlock-removed', () => {
  it('takes one unlock of one exit path', () => {
    const text = f(
      'mutex_lock(&a->m);',
      'if (a->x) {',
      '\tmutex_unlock(&a->m);',
      '\treturn -EIO;',
      '}',
      'mutex_unlock(&a->m);',
      'return 0;',
    );
    const made = mutants('unlock-removed', text);
    assert.deepEqual(
      made.map(m => m.line),
      [5, 8],
    );
    assert.equal(made[0]!.text, text.replace('\t\tmutex_unlock(&a->m);\n', ''));
    assert.equal(made[0]!.lock, '&a->m');
  });

  it('not the only one, not where all exits would be alike, not of a wrapper', () => {
    assert.deepEqual(
      mutants('unlock-removed', f('mutex_lock(&a->m);', 'g();', 'mutex_unlock(&a->m);', 'return 0;')),
      [],
    );
    assert.deepEqual(mutants('unlock-removed', f('mutex_unlock(&a->m);', 'return 0;')), []);
    const conditional = f(
      'if (a->x)',
      '\tmutex_lock(&a->m);',
      'g();',
      'if (a->x)',
      '\tmutex_unlock(&a->m);',
      'return 0;',
    );
    assert.deepEqual(mutants('unlock-removed', conditional), []);
  });

  it('leaves a statement where one is needed', () => {
    const text = f(
      'mutex_lock(&a->m);',
      'if (a->x)',
      '\tgoto out;',
      'mutex_unlock(&a->m);',
      'return 0;',
      'out:',
      'mutex_unlock(&a->m);',
      'return 1;',
    );
    assert.match(mutants('unlock-removed', text)[1]!.text, /out:\n\t;\n\treturn 1;/);
  });

  it('a lock taken again while it is held counts', () => {
    const text = f(
      'spin_lock(&a->l);',
      'g();',
      'spin_unlock(&a->l);',
      'h();',
      'spin_lock(&a->l);',
      'spin_unlock(&a->l);',
      'return 0;',
    );
    const made = mutants('unlock-removed', text);
    assert.equal(made.length, 1);
    assert.match(made[0]!.description, /acquired again/);
  });
});

describe('faults: lock-doubled', () => {
  it('repeats an exclusive acquisition', () => {
    const text = f('spin_lock_irqsave(&a->l, flags);', 'spin_unlock_irqrestore(&a->l, flags);', 'return 0;');
    const made = mutants('lock-doubled', text);
    assert.equal(made.length, 1);
    assert.match(made[0]!.text, /\n\tspin_lock_irqsave\(&a->l, flags\);\n\tspin_lock_irqsave\(&a->l, flags\);\n/);
  });

  it('not readers, not the arm of an if, not a path with effects', () => {
    for (const statement of [
      'down_read(&a->s);',
      'read_lock(&a->l);',
      'if (a->x) mutex_lock(&a->m);',
      'mutex_lock(&next(a)->m);',
      'mutex_lock(&a->m[i++]);',
      'mutex_trylock(&a->m);',
    ])
      assert.deepEqual(mutants('lock-doubled', f(statement, 'return 0;')), [], statement);
  });
});

describe('faults: locks-swapped', () => {
  const other =
    'void g(struct a *x, struct b *y)\n{\n\tmutex_lock(&x->m);\n\tmutex_lock(&y->n);\n\tmutex_unlock(&y->n);\n\tmutex_unlock(&x->m);\n}\n';
  const nested = f(
    'mutex_lock(&a->m);',
    'g();',
    'mutex_lock(&b->n);',
    'mutex_unlock(&b->n);',
    'mutex_unlock(&a->m);',
    'return 0;',
  );

  it('swaps what another function takes in the same order', () => {
    const made = mutants('locks-swapped', other + nested);
    assert.equal(made.length, 1);
    assert.match(made[0]!.text, /mutex_lock\(&b->n\);\n\tg\(\);\n\tmutex_lock\(&a->m\);/);
    assert.match(made[0]!.evidence!, /^g takes struct a:m, then struct b:n$/);
  });

  it('not without such a function, nor with one of each order', () => {
    assert.deepEqual(mutants('locks-swapped', nested), []);
    const reverse =
      'void h(struct a *x, struct b *y)\n{\n\tmutex_lock(&y->n);\n\tmutex_lock(&x->m);\n\tmutex_unlock(&x->m);\n\tmutex_unlock(&y->n);\n}\n';
    assert.deepEqual(mutants('locks-swapped', other + reverse + nested), []);
  });

  it('not over a statement that sets what a path is made of, nor over control flow', () => {
    assert.deepEqual(mutants('locks-swapped', other + nested.replace('g();', 'b = g();')), []);
    assert.deepEqual(mutants('locks-swapped', other + nested.replace('g();', 'if (g()) a->x = 1;')), []);
  });
});

describe('faults: gfp-under-spinlock', () => {
  it('turns a mask where a spinlock is held', () => {
    const text = f(
      'spin_lock(&a->l);',
      'b = kmalloc(sizeof(*b), GFP_ATOMIC | __GFP_NOWARN);',
      'spin_unlock(&a->l);',
      'return 0;',
    );
    const made = mutants('gfp-under-spinlock', text);
    assert.equal(made.length, 1);
    assert.equal(made[0]!.text, text.replace('GFP_ATOMIC', 'GFP_KERNEL'));
    assert.deepEqual(mutants('gfp-under-spinlock', text.replaceAll('spin_', 'mutex_')), []);
    assert.deepEqual(mutants('gfp-under-spinlock', text.replace('kmalloc', 'send')), []);
    assert.deepEqual(mutants('gfp-under-spinlock', text.replace('GFP_ATOMIC |', 'a ? GFP_ATOMIC :')), []);
  });

  it('moves an allocation with its check behind the lock', () => {
    const text = f(
      'b = kzalloc(sizeof(*b), GFP_KERNEL);',
      'if (!b)',
      '\treturn -ENOMEM;',
      'g();',
      'spin_lock_irqsave(&a->l, flags);',
      'spin_unlock_irqrestore(&a->l, flags);',
      'return 0;',
    );
    const [made, ...more] = mutants('gfp-under-spinlock', text);
    assert.equal(more.length, 0);
    assert.equal(
      made!.text,
      f(
        'g();',
        'spin_lock_irqsave(&a->l, flags);',
        'b = kzalloc(sizeof(*b), GFP_KERNEL);',
        'if (!b) {',
        '\tspin_unlock_irqrestore(&a->l, flags);',
        '\treturn -ENOMEM;',
        '}',
        'spin_unlock_irqrestore(&a->l, flags);',
        'return 0;',
      ),
    );
    assert.deepEqual(mutants('gfp-under-spinlock', text.replace('g();', 'g(b);')), []);
    assert.deepEqual(mutants('gfp-under-spinlock', text.replaceAll('&a->l', '&b->l')), []);
  });
});

describe('faults: irqsave-to-plain', () => {
  const handler =
    'static irqreturn_t h(int irq, void *data)\n{\n\tstruct a *a = data;\n\tspin_lock(&a->l);\n\tspin_unlock(&a->l);\n\treturn IRQ_HANDLED;\n}\n';
  const text = f(
    'unsigned long flags;',
    'spin_lock_irqsave(&a->l, flags);',
    'if (a->x) {',
    '\tspin_unlock_irqrestore(&a->l, flags);',
    '\treturn 1;',
    '}',
    'spin_unlock_irqrestore(&a->l, flags);',
    'return 0;',
  );

  it('turns every statement of a lock that a handler takes', () => {
    const [made, ...more] = mutants('irqsave-to-plain', handler + text);
    assert.equal(more.length, 0);
    assert.equal(
      made!.text,
      handler +
        text
          .replace('spin_lock_irqsave(&a->l, flags)', 'spin_lock(&a->l)')
          .replaceAll('spin_unlock_irqrestore(&a->l, flags)', 'spin_unlock(&a->l)'),
    );
    assert.match(made!.evidence!, /^handler: h takes struct a:l$/);
  });

  it('not without evidence, not what handlers call, not where flags are used otherwise', () => {
    assert.deepEqual(mutants('irqsave-to-plain', text), []);
    assert.deepEqual(mutants('irqsave-to-plain', handler.replace('spin_lock', 'f(a, 0); spin_lock') + text), []);
    assert.deepEqual(mutants('irqsave-to-plain', handler.replace('irqreturn_t', 'int') + text), []);
    assert.deepEqual(mutants('irqsave-to-plain', handler + text.replace('if (a->x) {', 'if (flags) {')), []);
    const threaded = `${handler}int r(struct a *a)\n{\n\treturn request_threaded_irq(a->irq, NULL, h, 0, "a", a);\n}\n`;
    assert.equal(mutants('irqsave-to-plain', threaded.replace('NULL, h', 'h, NULL') + text).length, 1);
  });

  it('further functions that turn interrupts off are evidence when this one can sleep', () => {
    const users = ['u', 'v'].map(name => text.replace('int f(', `int ${name}(`)).join('');
    assert.deepEqual(mutants('irqsave-to-plain', users + text), []);
    const sleeps = text.replace('spin_lock_irqsave', 'msleep(1);\n\tspin_lock_irqsave');
    assert.match(mutants('irqsave-to-plain', users + sleeps)[0]!.evidence!, /^users: 2 further/);
    const plain = `void w(struct a *a)\n{\n\tspin_lock(&a->l);\n\tspin_unlock(&a->l);\n}\n`;
    assert.deepEqual(mutants('irqsave-to-plain', users + plain + sleeps), []);
  });
});

describe('faults: choosing', () => {
  const text = f(
    'mutex_lock(&a->m);',
    'if (a->x) {',
    '\tmutex_unlock(&a->m);',
    '\treturn -EIO;',
    '}',
    'mutex_unlock(&a->m);',
    'return 0;',
  );
  const files = Array.from({ length: 20 }, (_, i) => `d/${i}.c`);
  const read = (): string => text + text.replace('int f(', 'int g(') + text.replace('int f(', 'int h(');

  it('balances kinds, keeps to the seed and to the limit of a file', () => {
    const made = select(files, read, { count: 20, seed: 3 });
    // Only two kinds can be had here, each up to its share.
    assert.deepEqual(
      ['unlock-removed', 'lock-doubled'].map(kind => made.mutants.filter(m => m.kind === kind).length),
      [4, 4],
    );
    assert.ok(files.every(file => made.mutants.filter(m => m.file === file).length <= 2));
    assert.deepEqual(select(files, read, { count: 20, seed: 3 }), made);
    assert.notDeepEqual(select(files, read, { count: 20, seed: 4 }).mutants, made.mutants);
    assert.equal(new Set(made.mutants.map(m => `${m.file} ${m.function}`)).size, made.mutants.length);
  });
});
