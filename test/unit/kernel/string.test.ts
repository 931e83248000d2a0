import assert from 'node:assert/strict';
import { stringPrimitives } from '../../../extension/core/kernel/lib/string.ts';
import { Stop } from '../../../extension/core/machine/stop.ts';
import { Bench } from './callPrimitive.ts';

const chars = (text: string): number[] => [...text].map(c => c.charCodeAt(0));

describe('memory and strings', () => {
  let b: Bench;
  beforeEach(() => {
    b = new Bench(stringPrimitives);
  });

  it('copies and fills in one step, and gives the destination', () => {
    const from = b.text('abcdef');
    const to = b.shared(8);
    assert.equal(b.call('memcpy', [to, from, 4n]), to);
    assert.equal(b.steps, 1);
    assert.deepEqual(b.bytes(to, 6), [...chars('abcd'), 0, 0]);
    assert.equal(b.call('memmove', [from + 1, from, 5n]), from + 1);
    assert.deepEqual(b.bytes(from, 6), chars('aabcde'));
    assert.equal(b.call('memset', [to, 0x1ff, 2n]), to);
    assert.deepEqual(b.bytes(to, 4), [255, 255, ...chars('cd')]);
    assert.equal(b.call('memset64', [to, 0x0102030405060708n, 1n]), to);
    assert.deepEqual(b.bytes(to, 8), [8, 7, 6, 5, 4, 3, 2, 1]);
  });

  it('a copy of nothing is no step and touches nothing', () => {
    assert.equal(b.call('memcpy', [0, 0, 0n]), 0);
    assert.equal(b.steps, 0);
  });

  it('pages: cleared and copied whole', () => {
    const pages = b.machine.defineGlobal('pages', 8192, 4096, { const: false });
    b.call('memset', [pages, 7, 8192n]);
    b.call('clear_page_erms', [pages]);
    assert.deepEqual(b.bytes(pages + 4095, 2), [0, 7]);
    b.call('copy_page', [pages, pages + 4096]);
    assert.deepEqual(b.bytes(pages, 1), [7]);
  });

  it('compares bytes as unsigned', () => {
    const low = b.text('a\x01');
    const high = b.text('a\xff');
    assert.ok((b.call('memcmp', [high, low, 2n]) as number) > 0);
    assert.ok((b.call('memcmp', [low, high, 2n]) as number) < 0);
    assert.equal(b.call('memcmp', [low, high, 1n]), 0);
    assert.equal(b.call('strcmp', [high, low]), 1);
    assert.equal(b.call('strcmp', [b.constant('ab'), b.constant('abc')]), -1);
    assert.equal(b.call('strncmp', [b.constant('ab'), b.constant('abc'), 2n]), 0);
    assert.equal(b.call('strncmp', [b.constant('x'), b.constant('y'), 0n]), 0);
  });

  it('reading only constants is no step; reading what others can change is one', () => {
    assert.equal(b.call('strlen', [b.constant('four')]), 4n);
    assert.equal(b.steps, 0);
    const s = b.text('four');
    assert.equal(b.call('strlen', [s]), 4n);
    assert.equal(b.steps, 1);
    const cut = (): void => b.machine.poke(s + 2, 'u8', 0);
    assert.equal(b.call('strlen', [s], { between: cut }), 2n, 'the read is when the step is taken');
  });

  it('finds bytes and chars', () => {
    const s = b.constant('/mm/x.c');
    assert.equal(b.call('strchr', [s, 47]), s);
    assert.equal(b.call('strrchr', [s, 47]), s + 3);
    assert.equal(b.call('strchr', [s, 0]), s + 7);
    assert.equal(b.call('strchr', [s, 122]), 0);
    assert.equal(b.call('strchrnul', [s, 122]), s + 7);
    assert.equal(b.call('strstr', [s, b.constant('x.')]), s + 4);
    assert.equal(b.call('strstr', [s, b.constant('')]), s);
    assert.equal(b.call('strnlen', [s, 3n]), 3n);
    assert.equal(b.call('memchr', [s, 109, 7n]), s + 1);
    assert.equal(b.call('memchr', [s, 109, 1n]), 0);
    assert.equal(b.call('memscan', [s, 122, 7n]), s + 7);
    const page = b.shared(16);
    assert.equal(b.call('memchr_inv', [page, 0, 16n]), 0);
    b.machine.poke(page + 9, 'u8', 1);
    assert.equal(b.call('memchr_inv', [page, 0, 16n]), page + 9);
  });

  it('copies strings as far as they fit', () => {
    const to = b.shared(8);
    const reset = (): unknown => b.call('memset', [to, 0x2e, 8n]);
    const from = b.constant('abcdef');
    reset();
    assert.equal(b.call('strcpy', [to, from]), to);
    assert.deepEqual(b.bytes(to, 8), [...chars('abcdef'), 0, 0x2e]);
    reset();
    assert.equal(b.call('strscpy', [to, from, 8n]), 6n);
    assert.deepEqual(b.bytes(to, 8), [...chars('abcdef'), 0, 0x2e]);
    reset();
    assert.equal(b.call('strscpy', [to, from, 6n]), -7n);
    assert.deepEqual(b.bytes(to, 7), [...chars('abcde'), 0, 0x2e]);
    assert.equal(b.call('strscpy', [to, from, 0n]), -7n);
    reset();
    assert.equal(b.call('strscpy_pad', [to, b.constant('ab'), 7n]), 2n);
    assert.deepEqual(b.bytes(to, 8), [...chars('ab'), 0, 0, 0, 0, 0, 0x2e]);
    reset();
    assert.equal(b.call('strlcpy', [to, from, 3n]), 6n);
    assert.deepEqual(b.bytes(to, 4), [...chars('ab'), 0, 0x2e]);
    reset();
    b.call('strncpy', [to, from, 3n]);
    assert.deepEqual(b.bytes(to, 4), [...chars('abc'), 0x2e]);
    b.call('strncpy', [to, b.constant('x'), 3n]);
    assert.deepEqual(b.bytes(to, 4), [...chars('x'), 0, 0, 0x2e]);
  });

  it('what is not mapped, or constant, is a bug of the run', () => {
    const to = b.shared(8);
    const from = b.constant('abc');
    assert.throws(() => b.call('memcpy', [0, from, 4n]), Stop);
    assert.throws(() => b.call('strlen', [0x7000_0000_0000]), /nothing is mapped/);
    assert.throws(() => b.call('strcpy', [from, b.constant('x')]), /read-only/);
    assert.throws(() => b.call('memset64', [to, 0n, 1n << 60n]), Stop);
    assert.throws(() => b.call('strncpy', [to, from, 1n << 60n]), Stop);
    assert.throws(() => b.call('memcmp', [to, 8, 1n]), /NULL pointer/);
  });
});
