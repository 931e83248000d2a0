import assert from 'node:assert/strict';
import fc from 'fast-check';
import ts from 'typescript';
import { defaultConfig } from '../../../extension/core/index/config.ts';
import { Unit } from '../../../extension/core/index/unit.ts';
import type { Running } from '../../../extension/core/machine/abi.ts';
import { loadProgram, moduleText } from '../../../extension/core/translate/load.ts';
import { Program } from '../../../extension/core/translate/program.ts';
import { Reader } from '../../../extension/core/translate/reader.ts';
import { BareHost } from '../../support/bareHost.ts';

async function link(text: string, name: string): Promise<Program> {
  const none = { label: 'none', read: async () => undefined, list: async () => undefined };
  const unit = {
    path: 'a.c',
    reader: new Reader(await Unit.load(none, 'a.c', { config: defaultConfig, text }), new Map()),
    seesStatics: false,
  };
  return Program.link([unit], [{ unit, name }], new Map());
}

/** Runs `name` of the C text to its end. */
async function run(text: string, name: string, ...args: (number | bigint)[]): Promise<unknown> {
  const program = await link(text, name);
  for (const f of program.functions) assert.equal(f.failure, undefined);
  const host = new BareHost();
  const loaded = loadProgram(program, host);
  assert.deepEqual(loaded.incomplete, []);
  const entry = loaded.entry(program.functions[0]!) as unknown as (...a: unknown[]) => unknown;
  const result = entry(host.thread(), ...args);
  if (typeof result !== 'object' || result === null) return result;
  const steps = result as Running;
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

describe('models compute what C does', () => {
  it('64-bit arithmetic wraps, 32-bit arithmetic too', async () => {
    const c = 'unsigned long f(unsigned long a, int b) { unsigned int u = b; a -= 1; u *= 3u; return a + u; }';
    assert.equal(await run(c, 'f', 0n, -1), BigInt.asUintN(64, 0xffffffffffffffffn + 0xfffffffdn));
    assert.equal(await run('int f(int a) { return a + 1; }', 'f', 0x7fffffff), -0x80000000);
    assert.equal(await run('unsigned long f(int a) { return (unsigned long)a >> 60; }', 'f', -1), 15n);
  });

  it('agrees with the definition of C on random expressions of mixed types', async () => {
    const c = `long f(int a, unsigned int b, long c, unsigned char d)
{ return (a ^ (int)b) + (c & d) - (long)(b >> (d & 7)) + (a < (int)d ? c : -c) + (signed char)d; }`;
    const program = await link(c, 'f');
    const host = new BareHost();
    const f = loadProgram(program, host).entry(program.functions[0]!) as unknown as (...a: unknown[]) => bigint;
    fc.assert(
      fc.property(
        fc.integer(),
        fc.nat(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.nat(255),
        (a, b, c64, d) => {
          const expected =
            BigInt((a ^ (b | 0)) | 0) +
            (c64 & BigInt(d)) -
            BigInt(b >>> (d & 7)) +
            (a < d ? c64 : BigInt.asIntN(64, -c64)) +
            BigInt((d << 24) >> 24);
          assert.equal(f(host.thread(), a, b, c64, d), BigInt.asIntN(64, expected));
        },
      ),
    );
  });

  it('several objects in one declaration, each with its initialiser', async () => {
    const c = `struct s { int a; };
static struct s one = { 1 }, two = { 2 }, *three = &two;
static int x = 3, y[2] = { 4, 5 }, z;
int f(void) { z = 6; return one.a * 100000 + two.a * 10000 + three->a * 1000 + x * 100 + y[1] * 10 + z; }`;
    assert.equal(await run(c, 'f'), 122_356);
  });

  it('_Generic selects by type, qualifiers aside', async () => {
    const c = `#define kind(x) _Generic((x), char: 1, unsigned long: 2, const struct p *: 3, struct p *: 3, default: 4)
struct p { int a; };
static int table[3];
int f(unsigned long u, int i) { struct p s; char c = 0; return kind(c) * 1000 + kind(u) * 100 + kind(&s) * 10 + kind(i); }
int g(void) { return _Generic(table, default: 1, int *: 7); }`;
    assert.equal(await run(c, 'f', 0n, 1), 1234);
    assert.equal(await run(c, 'g'), 7);
  });

  it('pointers, structs, arrays, and structs by value', async () => {
    const c = `struct p { int x, y; long z[2]; };
struct one { unsigned long v; };
static struct p table[3] = { [1] = { 1, .z = { 5, 6 } }, { .y = 7 } };
static struct p add(struct p a, struct p b) { a.x += b.x; a.z[1] = b.y; return a; }
static struct one bump(struct one o) { o.v++; return o; }
long f(void) { struct p *q = table; struct one o = { 40 }; struct p r; q++; r = add(*q, q[1]); q->x++; o = bump(o);
	return r.x * 1000 + r.z[0] * 100 + r.z[1] * 10 + q->x + (long)o.v * 100000 + (&table[2] - q); }`;
    assert.equal(await run(c, 'f'), 1n * 1000n + 500n + 70n + 2n + 4_100_000n + 1n);
  });

  it('goto out of loops, back to a retry label, and error exits', async () => {
    const c = `int f(int n) { int i, tries = 0, ret = -1;
again:
	for (i = 0; i < 10; i++) { if (i == n) goto found; if (i == 5 && tries++ < 2) goto again; }
	goto out;
found:
	ret = i;
out:
	return ret * 10 + tries; }`;
    assert.equal(await run(c, 'f', 3), 30);
    assert.equal(await run(c, 'f', 7), 73);
    assert.equal(await run(c, 'f', 11), -7);
  });

  it('a break in a retry loop leaves the loop that C means', async () => {
    const c = `int f(int n) { int i = 0, again_count = 0;
	do {
again:
		if (i == n && again_count++ < 1) goto again;
		if (i == 4) break;
		if (i == 2) continue;
	} while (++i < 8);
	return i * 10 + again_count; }`;
    assert.equal(await run(c, 'f', 2), 42);
  });

  it('switch with fallthrough, ranges and declarations', async () => {
    const c = `enum k { A = 1, B, C };
int f(int n) { int r = 0; switch (n) { case A: r += 1; case B: r += 10; break; case 5 ... 7: { int t = n; r = t; } break; default: r = -1; } return r; }`;
    assert.deepEqual(
      [await run(c, 'f', 1), await run(c, 'f', 2), await run(c, 'f', 6), await run(c, 'f', 9)],
      [11, 10, 6, -1],
    );
  });

  it('statement expressions, ?: with an omitted middle, comma, ++ as a value', async () => {
    const c = `#define max(a, b) ({ typeof(a) _a = (a); typeof(b) _b = (b); _a > _b ? _a : _b; })
int f(int n) { int a[4] = { 4, 3, 2, 1 }, i = 0; int m = max(a[i++], n); int z = ({ int s = 0; for (i = 0; i < 4; i++) s += a[i]; s; }); return (m ?: 9) * 100 + z * 2 + (i--, i); }`;
    assert.equal(await run(c, 'f', 2), 400 + 20 + 3);
  });

  it('function pointers in a table, static locals, and bit-fields', async () => {
    const c = `struct ops { int (*get)(int); int (*none)(int); };
static int twice(int n) { return n * 2; }
static const struct ops ops = { .get = twice };
struct b { unsigned int lo : 3; int hi : 5; };
int f(int n) { static int calls = 5; struct b b = { 0 }; const struct ops *o = &ops; b.lo = n; b.hi = -n; calls++; return o->none ? -1 : o->get(n) * 1000 + b.lo * 100 + b.hi + calls; }`;
    assert.equal(await run(c, 'f', 9), 18000 + 100 - 9 + 6);
  });

  it('what nobody defines is unmodelled, and said so', async () => {
    const program = await link('int f(void) { return missing(1) + 2; }', 'f');
    const host = new BareHost();
    const entry = loadProgram(program, host).entry(program.functions[0]!) as unknown as (k: unknown) => Running<number>;
    const steps = entry(host.thread());
    let last = steps.next();
    while (!last.done) last = steps.next();
    assert.equal(last.value, 2);
    assert.deepEqual(host.unmodelled, ['missing']);
  });
});

describe('the shown text is the running text', () => {
  it('differs only in its types, which TypeScript itself removes', async () => {
    const program = await link(
      'struct s { int a; long b; };\nlong f(struct s *p, int n) { long r = 0; while (n--) { r += p->b; p++; } return r; }',
      'f',
    );
    const [fn] = program.functions;
    const shown = program.typescript(fn!)!.lines.map(l => l.text);
    const running = fn!.written!.lines.map(l => l.text);
    assert.equal(shown.length, running.length);
    const blank = (text: string): string => text.replace(/\s+/g, '');
    const erased = ts.transpileModule(shown.join('\n'), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    }).outputText;
    assert.equal(blank(erased), blank(running.join('\n')));
    for (const [i, line] of shown.entries()) assert.equal(line.length, running[i]!.length);
    assert.ok(moduleText(program).includes(running.join('\n')));
  });
});
