import assert from 'node:assert/strict';
import { bugPrimitives } from '../../../extension/core/kernel/lib/bug.ts';
import { printkPrimitives } from '../../../extension/core/kernel/printk/output.ts';
import { Stop } from '../../../extension/core/machine/stop.ts';
import { Bench } from './callPrimitive.ts';

describe('output', () => {
  let b: Bench;
  beforeEach(() => {
    b = new Bench([...printkPrimitives, ...bugPrimitives]);
  });

  it('printk leaves levels out and gives the length of the message', () => {
    assert.equal(b.call('_printk', [b.constant('\u00014x=%d\n'), [5]]), 3);
    assert.equal(b.steps, 1);
    b.call('printk', [b.constant('\u00016\u0001cplain %s\n'), [b.constant('\u00e2\u0082\u00ac')]]);
    assert.deepEqual(b.events, ['printk x=5\n', 'printk plain €\n']);
  });

  it('a message goes on in a line only with KERN_CONT and from the same thread', () => {
    const say = (text: string, k = b.k): unknown => b.call('_printk', [b.constant(text), []], { k });
    const other = b.machine.thread('t1');
    say('a');
    say('\u0001cb');
    say('\u0001cc', other);
    say('d\n');
    say('e\n');
    assert.equal(b.events.map(e => e.replace('printk ', '')).join(''), 'ab\nc\nd\ne\n');
  });

  it('what a message says is read when its step is taken', () => {
    const s = b.text('old');
    b.call('_printk', [b.constant('%s'), [s]], { between: () => b.machine.poke(s, 'u8', 0x4f) });
    assert.deepEqual(b.events, ['printk Old']);
  });

  it('a seq_file takes text, numbers and bytes, and never overflows', () => {
    const m = b.shared(128);
    b.call('seq_printf', [m, b.constant('%9lu%c %s'), [2n, 77, b.constant('pmd')]]);
    b.call('seq_puts', [m, b.constant('NX ')]);
    b.call('seq_putc', [m, 10]);
    assert.equal(b.call('seq_write', [m, b.text('a\0b'), 3n]), 0);
    b.call('seq_put_decimal_ull_width', [m, b.constant(': '), 7n, 3]);
    b.call('seq_put_decimal_ll', [m, 0, -7n]);
    b.call('seq_put_hex_ll', [m, b.constant('-'), 0xabn, 4]);
    assert.deepEqual(
      b.events.map(e => e.slice(4)),
      ['        2M pmd', 'NX ', '\n', 'a\0b', ':   7', '-7', '-00ab'],
    );
    assert.equal(b.call('seq_has_overflowed', [m]), 0);
    assert.throws(() => b.call('seq_puts', [0, b.constant('x')]), /NULL pointer/);
  });

  it('seq_pad fills up to the width that was set', () => {
    const m = b.shared(128);
    b.call('seq_puts', [m, b.constant('before')]);
    b.call('seq_setwidth', [m, 6n]);
    b.call('seq_puts', [m, b.constant('abc')]);
    b.call('seq_pad', [m, 10]);
    assert.deepEqual(b.events, ['seq before', 'seq abc', 'seq    \n']);
  });

  it('snprintf cuts, ends in NUL and gives the whole length; scnprintf what is there', () => {
    const buf = b.shared(8);
    const fmt = b.constant('%d-%s');
    const args = [42, b.constant('abc')];
    assert.equal(b.call('snprintf', [buf, 5n, fmt, args]), 6);
    assert.equal(b.steps, 1);
    assert.deepEqual(b.bytes(buf, 6), [0x34, 0x32, 0x2d, 0x61, 0, 0]);
    assert.equal(b.call('scnprintf', [buf, 5n, fmt, args]), 4);
    assert.equal(b.call('scnprintf', [buf, 0n, fmt, args]), 0);
    assert.equal(b.call('snprintf', [0, 0n, fmt, args]), 6);
    assert.equal(b.call('sprintf', [buf, fmt, args]), 6);
    assert.deepEqual(b.bytes(buf, 7), [0x34, 0x32, 0x2d, 0x61, 0x62, 0x63, 0]);
    assert.throws(() => b.call('snprintf', [0, 8n, fmt, args]), /NULL pointer/);
  });

  it('a format without enough arguments is a bug of the run', () => {
    assert.throws(() => b.call('_printk', [b.constant('%d'), []]), Stop);
  });
});

describe('checks', () => {
  const FOO = { name: 'foo', file: 'mm/foo.c', line: 1 };
  let b: Bench;
  beforeEach(() => {
    b = new Bench(bugPrimitives);
    b.k.enter(FOO, 0);
  });

  it('WARN_ON gives its condition and speaks when it holds', () => {
    assert.equal(b.call('WARN_ON', [0]), 0);
    assert.deepEqual(b.events, []);
    assert.equal(b.call('WARN_ON', [1], { line: 7 }), 1);
    assert.deepEqual(b.events, ['warning WARNING: at mm/foo.c:7 foo']);
  });

  it('WARN_ON_ONCE speaks once per place and machine', () => {
    for (const line of [7, 7, 8]) assert.equal(b.call('WARN_ON_ONCE', [1], { line }), 1);
    assert.deepEqual(b.events, ['warning WARNING: at mm/foo.c:7 foo', 'warning WARNING: at mm/foo.c:8 foo']);
    const another = new Bench(bugPrimitives);
    another.k.enter(FOO, 0);
    another.call('WARN_ON_ONCE', [1], { line: 7 });
    assert.equal(another.events.length, 1);
  });

  it('the message of a WARN goes to the log', () => {
    b.call('__WARN_printf', [9, b.constant('refs %d\n'), [3]], { line: 7 });
    assert.deepEqual(b.events, ['printk refs 3\n', 'warning WARNING: at mm/foo.c:7 foo: refs 3']);
  });

  it('BUG, BUG_ON and panic end the run', () => {
    b.call('BUG_ON', [0]);
    assert.throws(() => b.call('BUG_ON', [1], { line: 9 }), /kernel BUG at mm\/foo.c:9!/);
    assert.throws(() => b.call('BUG', [], { line: 10 }), /kernel BUG at mm\/foo.c:10!/);
    assert.throws(() => b.call('panic', [b.constant('no %s'), [b.constant('init')]]), /not syncing: no init/);
    assert.ok(b.events.includes('printk Kernel panic - not syncing: no init\n'));
  });

  it('a rate limit lets a burst of ten through, each on its own', () => {
    const states = [b.shared(64), b.shared(64)];
    const let10 = states.map(rs => Array.from({ length: 12 }, () => b.call('___ratelimit', [rs, 0]) as number));
    assert.deepEqual(
      let10.map(answers => answers.filter(Boolean).length),
      [10, 10],
    );
  });
});
