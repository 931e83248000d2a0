import assert from 'node:assert/strict';
import { configFromText, defaultConfig } from '../../../extension/core/index/config.ts';
import { Unit, type UnitOptions } from '../../../extension/core/index/unit.ts';
import { InputError } from '../../../extension/core/text/source.ts';

/** A tree of the given files. */
function unitOf(files: Record<string, string>, path = 'mm/a.c', options: Partial<UnitOptions> = {}): Promise<Unit> {
  const read = async (p: string) => (p in files ? new TextEncoder().encode(files[p]) : undefined);
  return Unit.load({ label: 'test', read, list: async () => undefined }, path, { config: defaultConfig, ...options });
}
const textOf = (u: Unit, name: string): string => {
  const item = u.find(name);
  assert.ok(item, `${name} is not found`);
  return u
    .tokens(item)
    .map(t => t.text)
    .join(' ');
};

describe('Unit', () => {
  it('tells an object from the tag that it shares its name with', async () => {
    const u = await unitOf({ 'mm/a.c': 'struct counter { int a; };\nstruct counter counter;\nstruct other;\n' });
    assert.equal(textOf(u, 'counter'), 'struct counter counter ;');
    assert.equal(u.findTag('struct', 'counter')?.line, 1);
    assert.equal(u.find('other'), undefined);
  });

  it('finds definitions through headers, and prefers them to declarations', async () => {
    const u = await unitOf({
      'mm/a.c': '#include <linux/a.h>\n#include "own.h"\nint counter = 1;\nstatic int f(void)\n{\n\treturn g();\n}\n',
      'include/linux/a.h':
        '#ifndef A_H\n#define A_H\n#include <asm/b.h>\nextern int counter;\nint f(void);\ntypedef struct { unsigned long v; } v_t;\n#endif\n',
      'include/asm-generic/b.h': 'static inline int g(void) { return 1; }\nenum e { E_ONE, E_TWO = 5 };\n',
      'mm/own.h': 'struct s { int a; struct inner { int b; } c; };\n',
    });
    assert.deepEqual([...u.files].sort(), ['include/asm-generic/b.h', 'include/linux/a.h', 'mm/a.c', 'mm/own.h']);
    assert.equal(u.find('f')?.kind, 'function');
    assert.equal(u.find('f')?.line, 4);
    assert.equal(u.find('f')?.static, true);
    assert.equal(u.find('g')?.file, 'include/asm-generic/b.h');
    assert.equal(u.find('counter')?.kind, 'variable');
    assert.equal(u.find('v_t')?.kind, 'typedef');
    assert.equal(u.find('E_TWO')?.kind, 'enum');
    assert.equal(u.findTag('struct', 'inner')?.file, 'mm/own.h');
    assert.equal(u.find('nothing'), undefined);
  });

  it('decides #if by the configuration, both for items and inside them', async () => {
    const files = {
      'mm/a.c':
        '#ifdef CONFIG_SMP\nint smp(void) { return 1; }\n#else\nint up(void) { return 0; }\n#endif\nint f(void)\n{\n#if defined(CONFIG_NR_CPUS) && CONFIG_NR_CPUS > 4\n\treturn 2;\n#elif 1\n\treturn 3;\n#endif\n}\n',
    };
    const smp = await unitOf(files);
    assert.ok(smp.find('smp') && !smp.find('up'));
    assert.equal(textOf(smp, 'f'), 'int f ( void ) { return 2 ; }');
    const up = await unitOf(files, 'mm/a.c', {
      config: configFromText('# CONFIG_SMP is not set\nCONFIG_NR_CPUS=1\n', '.config'),
    });
    assert.ok(up.find('up') && !up.find('smp'));
    assert.equal(textOf(up, 'f'), 'int f ( void ) { return 3 ; }');
  });

  it('takes an #ifndef fallback only when nothing else defines the name', async () => {
    const generic =
      '#ifndef leaf\n#define leaf(x) 0\n#endif\n#ifndef _SIZE_T\n#define _SIZE_T\ntypedef unsigned long size_t;\n#endif\n';
    const own = await unitOf({ 'mm/a.c': '#include <linux/g.h>\n', 'include/linux/g.h': generic });
    assert.equal(own.macro('leaf')?.file, 'include/linux/g.h');
    assert.equal(own.find('size_t')?.kind, 'typedef');
    const arch = await unitOf({
      'mm/a.c': '#include <asm/g.h>\n#include <linux/g.h>\n',
      'include/linux/g.h': generic,
      'arch/x86/include/asm/g.h': '#define leaf large\n',
    });
    assert.equal(arch.macro('leaf')?.file, 'arch/x86/include/asm/g.h');
  });

  it('finds what top-level macros make', async () => {
    const u = await unitOf({
      'mm/a.c':
        '#define FLAG(N, n) static inline int Page##N(int f) { return f & n; }\n#define KEY(k) int k = { 1 }\nFLAG(Dirty, 4)\nFLAG(Locked, 8) FLAG(Other, 16)\nKEY(key);\nint f(void) { return PageDirty(4); }\n',
    });
    assert.equal(u.find('PageOther')?.kind, 'function');
    assert.equal(u.find('PageDirty')?.line, 3);
    assert.equal(textOf(u, 'PageLocked'), 'static inline int PageLocked ( int f ) { return f & 8 ; }');
    assert.equal(u.find('key')?.kind, 'variable');
    assert.equal(u.find('f')?.kind, 'function');
  });

  it('splits functions with struct parameters, attributes and both branches of an opening brace', async () => {
    const u = await unitOf({
      'mm/a.c':
        'static inline void a(struct mm *m)\n{\n}\n__printf(1, 2) void b(const char *f, ...);\n#ifdef CONFIG_SMP\nint c(int x) {\n#else\nint c(void) {\n#endif\n\treturn 0;\n}\nstruct __attribute__((packed)) p { int x; } __aligned(8);\nint (*handler)(int), plain;\nint last;\n',
    });
    for (const [name, kind] of [
      ['a', 'function'],
      ['b', 'prototype'],
      ['c', 'function'],
      ['handler', 'variable'],
      ['plain', 'variable'],
      ['last', 'variable'],
    ] as const)
      assert.equal(u.find(name)?.kind, kind, name);
    assert.equal(textOf(u, 'c'), 'int c ( int x ) { return 0 ; }');
    assert.equal(u.findTag('struct', 'p')?.line, 12);
  });

  it('names missing headers and refuses a missing file', async () => {
    const u = await unitOf({ 'mm/a.c': '\n#include <linux/gone.h>\nint x;\n' });
    assert.deepEqual(u.missing, [{ include: 'linux/gone.h', file: 'mm/a.c', line: 2 }]);
    await assert.rejects(
      unitOf({}, 'mm/none.c'),
      (e: Error) => e instanceof InputError && e.message.includes('mm/none.c'),
    );
  });
});
