import assert from 'node:assert/strict';
import { fuzzInput, shrunk } from '../../support/fuzz.ts';
import { shapeFault } from '../../support/normaliserShape.ts';
import { testParser } from '../../support/parser.ts';

describe('fuzzed text', () => {
  it('keeps length and newlines in the normaliser (npm run fuzz: a million)', () => {
    const seed = 1;
    for (let n = 0; n < 20_000; n++) {
      const text = fuzzInput(seed, n);
      const fault = shapeFault(text);
      if (fault === undefined) continue;
      const small = shrunk(text, t => shapeFault(t) !== undefined);
      assert.fail(`input ${n} of seed ${seed}: ${shapeFault(small)}\n${JSON.stringify(small)}`);
    }
  });

  it('comes to an end where half a pair of brackets goes', () => {
    for (const text of [
      'struct pair { pair { int a, b; };__attribute__((tic int sum(const: str: struct pair *p)\n{\n\treturn p->a + p->b;\n}\n',
      'struct s { f(int g(const: a)\n{\n\tb;\n}\n',
    ])
      assert.equal(shapeFault(text), undefined);
  });

  it('keeps a CR that stands alone, between a name and its arguments too', () => {
    for (const text of ['{or_e\r()l}', '{for_each_x\r\n(a)\r\n\tb;}', '{list\r(a) b;}'])
      assert.equal(shapeFault(text), undefined);
  });

  it('parses, with every function within the text', async () => {
    const parser = await testParser();
    for (let n = 0; n < 1000; n++) {
      const text = fuzzInput(2, n);
      const parsed = parser.parse(text, { loops: ['walk_each'] });
      for (const f of parsed.functions())
        assert.ok(f.start <= f.bodyStart && f.bodyStart < f.end && f.end <= text.length, JSON.stringify(text));
      parsed.dispose();
    }
  });

  it('is what a number stands for, and of every sort', () => {
    const texts = Array.from({ length: 500 }, (_x, n) => fuzzInput(3, n));
    assert.deepEqual(
      texts,
      texts.map((_t, n) => fuzzInput(3, n)),
    );
    assert.ok(new Set(texts).size > 450);
    for (const wanted of [/\n#if/, /[\ud800-\udfff]/u, /\0/, /\r\n/, /for_each/, /__must_hold/])
      assert.ok(
        texts.some(t => wanted.test(t)),
        String(wanted),
      );
  });

  it('is made small where it fails', () => {
    assert.equal(
      shrunk('int a; { if (x) return (y); }', t => t.includes('{') && t.includes('y')),
      '{y',
    );
  });

  it('takes time in proportion to its length when a fragment is repeated', async function () {
    this.timeout(120_000);
    const parser = await testParser();
    const units = ['f(', '{\n', '}\n', 'int a;\n', 'a ? b : ', '#if A\nx\n', 'struct s {', 'if (a) {\n', '"', 'a(b), '];
    const work = (text: string): number => {
      const began = process.cpuUsage();
      assert.equal(shapeFault(text), undefined);
      parser.parse(text, {}).dispose();
      const { user, system } = process.cpuUsage(began);
      return user + system;
    };
    for (const unit of units) {
      const text = (size: number): string => unit.repeat(Math.ceil(size / unit.length));
      work(text(20_000));
      // The best of three: other programs share the machine.
      const best = (size: number): number => Math.min(...[1, 2, 3].map(() => work(text(size))));
      const [one, eight] = [best(32_768), best(262_144)];
      assert.ok(
        eight < 8 * 5 * Math.max(one, 2000),
        `${JSON.stringify(unit)}: ${one} µs, eight times as much ${eight} µs`,
      );
    }
  });
});
