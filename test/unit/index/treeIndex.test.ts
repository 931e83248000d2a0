import assert from 'node:assert/strict';
import { LexJob, type ReadInto, roomFor } from '../../../extension/core/index/tree/job.ts';
import { TreeIndex } from '../../../extension/core/index/tree/treeIndex.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const indexOf = (files: Readonly<Record<string, string>>): TreeIndex => {
  const index = new TreeIndex();
  for (const [path, text] of Object.entries(files)) index.add(path, bytes(text));
  return index;
};
const one = (text: string): TreeIndex => indexOf({ 'a.c': text });
/** `kind name:line` of all that a text defines. */
const outline = (text: string): string[] =>
  one(text)
    .outlineOf('a.c')
    .map(s => `${s.kind} ${s.name}:${s.line}`);

describe('the index of a tree', () => {
  it('tells who defines, calls and stores a name', () => {
    const index = indexOf({
      'b.c': 'int g(void);\nstatic void f(struct x *x)\n{\n\tg();\n\tx->f(1);\n\tx->run = h;\n\tx->len = len;\n}\n',
      'a.c': '#define twice(x) (g(x) + g(x))\nint g(int x)\n{\n\treturn x;\n}\nint h(void) { return twice(g(1)); }\n',
      'a.h': '#define h_alias h\nstruct ops { int (*run)(void); };\n',
      'c.c': 'static const struct ops ops = {\n\t.run = g,\n\t.idle\t= &f,\n\t.stop = (stop_fn)\n\t\tpm_ptr(h),\n};\n',
    });
    assert.deepEqual(index.definers('g'), ['a.c']);
    assert.deepEqual(index.definers('twice'), [], "a macro of a .c file is that file's own");
    assert.deepEqual(index.definers('f'), [], 'so is a static function');
    assert.deepEqual(index.definers('h_alias'), ['a.h']);
    assert.deepEqual(index.callers('g'), [
      { file: 'a.c', function: 'twice' },
      { file: 'a.c', function: 'h' },
      { file: 'b.c', function: 'f' },
    ]);
    assert.deepEqual(
      index.callersOf('g').map(c => `${c.file}:${c.line} ${c.function}${c.macro ? ' macro' : ''}`),
      ['a.c:1 twice macro', 'a.c:1 twice macro', 'a.c:6 h', 'b.c:4 f'],
    );
    assert.deepEqual(index.callers('h'), [{ file: 'a.h', function: 'h_alias' }]);
    assert.deepEqual(index.callers('f'), [], 'x->f() is no call of f');
    assert.deepEqual(
      index.callersOf('f', true).map(c => c.line),
      [5],
    );
    assert.deepEqual(index.stored('run'), ['g', 'h']);
    assert.deepEqual(index.stored('idle'), ['f']);
    assert.deepEqual(index.stored('stop'), ['h']);
    assert.deepEqual(index.stored('len'), [], 'no function is called len');
    assert.deepEqual(
      index.callees('b.c', 'f').map(c => `${c.name}:${c.line}${c.member ? ' member' : ''}`),
      ['g:4', 'f:5 member'],
    );
  });

  it('finds what is stored by a choice or in brackets, and calls whose arguments begin on the next line', () => {
    const index = one(`int a(void) { }
int b(void) { }
int c(int x, int y) { }
void f(struct ops *o)
{
	o->pick = fast() ? a : b;
	o->deep = x(1, 2) ?
		(fn_t)&a : slow(3) ? b : NULL;
	o->none = c(a ? b : 1, 2);
	(o)->cast = (fn_t)(b);
	o[1].item = a, o->next = b;
	c
		(1, 2);
	if (o->cmp == a)
		return;
}
`);
    const stored = (field: string): string => index.stored(field).join(' ');
    assert.deepEqual(['pick', 'deep', 'none', 'cast', 'item', 'next', 'cmp'].map(stored), [
      'a b',
      'a b',
      '',
      'b',
      'a',
      'b',
      '',
    ]);
    assert.deepEqual(
      index.callersOf('c').map(c => c.line),
      [9, 12],
    );
  });

  it('knows heads of functions in all the ways that the kernel writes them', () => {
    assert.deepEqual(
      outline(
        [
          'static inline __must_check int plain(void) {}',
          'int __init __attribute__((weak)) later(int a,',
          '\tint b) __acquires(a)',
          '{',
          '}',
          'static void (*pick(int a))(int) {}',
          'int (bracketed)(int a) {}',
          'MODULE_ALIAS("x")',
          'static struct x *after_macro(void)',
          '{',
          '}',
          'SYSCALL_DEFINE2(mkpath, int, a, int, b)',
          '{',
          '}',
          'BPF_CALL_1(bpf_thing, int, a) {}',
          'ID_UNUSED',
          'struct y f2(struct { int z; } *p) { if (p) { do { } while (0); } }',
          'main() {}',
          'SYSCALL_DEFINE1(32_odd, int, a) {}',
          'SEC("x")',
          '__failure __msg("it fails") int marked(int a) {}',
          'static inline void PRINTF(5, 6) printed(const char *f, ...) {}',
          'void * __must_check __realloc_like(2)',
          'resized(void *p, int size) {}',
          'static int __odd(int a) RELEASES(a) {}',
          'int NAMED(by_macro)(const unsigned char *in, int out) {}',
          'define_machine(board) { .name = "b", .probe = printed, }',
        ].join('\n'),
      ).filter(s => s.startsWith('function')),
      [
        'function plain:1',
        'function later:2',
        'function pick:6',
        'function bracketed:7',
        'function after_macro:9',
        'function sys_mkpath:12',
        'function bpf_thing:15',
        'function f2:17',
        'function main:18',
        'function sys_32_odd:19',
        'function marked:21',
        'function printed:22',
        'function resized:24',
        'function __odd:25',
        'function NAMED:26',
      ],
    );
  });

  it('keeps every #if variant with its conditions, and braces of both branches count once', () => {
    const text = `#ifndef A_H
#define A_H
#ifdef CONFIG_A
int f(int a)
{
	if (a) {
#else
int f(long a)
{
	{
#endif
		g1();
	}
}
#if defined(B) && \\
	C /* why */
void head(int a)
#elif D
void head(long a)
#else
void head_of_none(void)
#endif
{
	g2();
#ifdef E
}
#else
	g3();
}
#endif
#if 0
void gone(void) { if (
#else
void here(void) { g4(); }
#endif
#endif
`;
    const symbols = one(text).outlineOf('a.c');
    const shown = symbols.map(s => `${s.name}:${s.line}-${s.endLine} ${s.conditions.join(' / ')}`.trim());
    assert.deepEqual(shown, [
      'A_H:2-2',
      'f:4-14 defined(CONFIG_A)',
      'f:8-14 !(defined(CONFIG_A))',
      'head:17-29 defined(B) && C',
      'head:19-29 (D) && !(defined(B) && C)',
      'head_of_none:21-29 !(D) && !(defined(B) && C)',
      'here:34-34',
    ]);
    const index = one(text);
    for (const [callee, callers] of [
      ['g1', ['f']],
      ['g2', ['head', 'head_of_none']],
      ['g3', ['head_of_none']],
      ['g4', ['here']],
    ] as const) {
      assert.deepEqual(
        index.callers(callee).map(c => c.function),
        callers,
        callee,
      );
    }
  });

  it('a branch with an #error ends nothing, and a body in a branch has that branch’s head', () => {
    const text = `static int mode =
#ifdef A
	1;
#else
	#error none
#endif
static int f(void)
{
}
#ifdef B
late_initcall(f)
#else
static int g(void)
{
}
#endif
#ifdef C
DECLARE_ONE(one, 1)
#else
DECLARE_ONE(two, 2)
#endif
static int h(void)
{
}
`;
    assert.deepEqual(
      outline(text).filter(s => !s.startsWith('variable')),
      ['function f:7', 'function g:13', 'function h:22'],
    );
  });

  it('knows types, fields, enumerators, variables and what initialises them', () => {
    const text = `typedef struct { int raw; } spin_t;
typedef int (*fn_t)(int);
struct __packed outer {
	struct list_head list, *next;
	unsigned long flags : 3, :0, more : 1;
	struct inner { u8 a[SIZE(3)];
	} in;
	union {
		int u;
		long (*ops[2])(struct x *x, int y);
	};
	DECLARE_BITMAP(bits, 64);
	struct_group(both, int first; int second;);
	struct mutex lock ____cacheline_aligned_in_smp;
	u32 __reserved;
#ifdef X
	int under_x;
#endif
} __aligned(8);
enum kind { KIND_A = (1 << 0), KIND_B, /* KIND_C */ KIND_D = KIND_A };
struct fwd;
static DEFINE_SPINLOCK(made);
DEFINE_PER_CPU(struct a_type, counter) = { 1 };
static struct mutex own = __MUTEX_INITIALIZER(own);
int a = 1, b[3] = { 1, 2 }, *c;
extern spinlock_t elsewhere;
static int (*hook)(void);
int proto(int (*cb)(void));
LIST_HEAD(heads);
struct x y __some_section = { .f = proto };
EXPORT_SYMBOL_GPL(proto);
module_init(start);
`;
    const index = one(text);
    assert.deepEqual(
      index
        .outlineOf('a.c')
        .map(s => `${s.kind} ${s.container === undefined ? '' : `${s.container}.`}${s.name}:${s.line}`),
      [
        'field .raw:1',
        'typedef spin_t:1',
        'typedef fn_t:2',
        'struct outer:3',
        'field outer.list:4',
        'field outer.next:4',
        'field outer.flags:5',
        'field outer.more:5',
        'struct inner:6',
        'field inner.a:6',
        'field outer.in:7',
        'field outer.u:9',
        'field outer.ops:10',
        'field outer.bits:12',
        'field outer.first:13',
        'field outer.second:13',
        'field outer.lock:14',
        'field outer.__reserved:15',
        'field outer.under_x:17',
        'enum kind:20',
        'enumerator kind.KIND_A:20',
        'enumerator kind.KIND_B:20',
        'enumerator kind.KIND_D:20',
        'variable made:22',
        'variable counter:23',
        'variable own:24',
        'variable a:25',
        'variable b:25',
        'variable c:25',
        'declaration elsewhere:26',
        'variable hook:27',
        'prototype proto:28',
        'variable heads:29',
        'variable y:30',
        'export proto:31',
      ],
    );
    const initialisers = ['made', 'counter', 'own', 'elsewhere'].map(n => {
      const [s] = index.symbols(n);
      return `${s!.static ? 'static ' : ''}${s!.type ?? ''} ${s!.initialiser ?? ''}`.trim();
    });
    assert.deepEqual(initialisers, [
      'static  DEFINE_SPINLOCK',
      'DEFINE_PER_CPU',
      'static mutex __MUTEX_INITIALIZER',
      '',
    ]);
    assert.equal(index.symbols('ops')[0]!.functionPointer, true);
    assert.deepEqual(index.symbols('under_x')[0]!.conditions, ['defined(X)']);
  });

  it('knows tags after attributes, functions’ typedefs, members and variables that macros make', () => {
    assert.deepEqual(
      outline(`struct __odd_alignment after {
	md_ptr(struct meta *, by_type);
	RING(by_name, 3);
	FLEX(char, of_basic);
};
typedef status_t (told_fn) (struct x *x, int y);
typedef status_t plain_fn(struct x *x);
enum { FOR_ALL(ZONES), LAST };
ID_SET(one)
ID_FLAG(func, two)
static int f(void) { }
static ODD_HASH(table, 3);
`),
      [
        'struct after:1',
        'field by_type:2',
        'field by_name:3',
        'field of_basic:4',
        'typedef told_fn:6',
        'typedef plain_fn:7',
        'enumerator LAST:8',
        'function f:11',
        'variable table:12',
      ],
    );
  });

  it('an odd function costs only itself', () => {
    const text = 'int before(void)\n{\n}\nint odd(void)\n{\n\tif (x) {\n\t\tg();\n}\nint after(void)\n{\n\th();\n}\n';
    assert.deepEqual(outline(text), ['function before:1', 'function odd:4', 'function after:9']);
    assert.deepEqual(one(text).callers('h'), [{ file: 'a.c', function: 'after' }]);
    const other = 'int odd(void)\n{\n\tif (x)\n\t\tg(); } }\n}\nint after(void)\n{\n\th();\n}\n';
    assert.deepEqual(outline(other), ['function odd:1', 'function after:6']);
  });

  it('a changed file replaces what was known of it, a removed one is forgotten', () => {
    const index = indexOf({ 'a.c': 'void f(void) { g(); }', 'b.c': 'void g(void) { }' });
    assert.deepEqual(index.definers('f'), ['a.c']);
    assert.equal(index.callers('g').length, 1);
    index.add('a.c', bytes('\nvoid f2(void) { h(); }'));
    assert.deepEqual(index.definers('f'), []);
    assert.deepEqual(index.definers('f2'), ['a.c']);
    assert.deepEqual(index.callers('g'), []);
    assert.deepEqual(index.callers('h'), [{ file: 'a.c', function: 'f2' }]);
    index.remove('a.c');
    assert.deepEqual(index.definers('f2'), []);
    for (let i = 0; i < 200; i++) index.add(`n${i}.c`, bytes(`void n${i}(void) { f2(); }`));
    assert.equal(index.callers('f2').length, 200);
    assert.deepEqual(index.definers('n7'), ['n7.c']);
    assert.equal(index.counts().functions, 201);
  });

  it('many edits of a file take no more room than one, and every answer is the last one’s', () => {
    const index = new TreeIndex();
    const body = 'g(); '.repeat(2000);
    index.add('b.c', bytes('int b(void) { return last(); }\nint stored_b(int x) { }\n'));
    for (let edit = 0; edit < 500; edit++) {
      const odd = edit % 2 === 0;
      index.add('a.c', bytes(`int f${edit}(void) { ${odd ? body : ''} last(); x->op = stored_b; }\n`));
      if (edit % 7 > 0) continue;
      assert.deepEqual(
        index.callers('last').map(c => c.function),
        [`f${edit}`, 'b'],
      );
      assert.deepEqual(index.definers(`f${edit}`), ['a.c']);
      assert.deepEqual(index.definers(`f${edit - 1}`), []);
      assert.deepEqual(index.stored('op'), ['stored_b']);
      assert.equal(index.callers('g').length, odd ? 1 : 0);
    }
    const words = index.data.segments.reduce((sum, s) => sum + s.length, 0);
    assert.ok(words <= 1 << 19, `${words} words`);
  });

  it('thousands of refreshes are put together anew, and answers stay', () => {
    const index = new TreeIndex();
    const job = new LexJob();
    const read = (text: string): ReadInto => {
      const content = bytes(text);
      return () => {
        const padded = new Uint8Array(roomFor(content.length));
        padded.set(content);
        return { bytes: padded, size: content.length };
      };
    };
    const refresh = (path: string, text: string): void =>
      index.addBatch(job.run([{ path, size: text.length, modified: 1 }], read(text), Date.now()).batch);
    refresh('kept.c', 'int kept(void) { return g(); }');
    for (let round = 0; round < 2500; round++) {
      refresh(`f${round % 3}.c`, `int f${round}(void) { g(); }\nint pad${round}[3];`);
      if (round % 400 === 0) assert.equal(index.callers('g').length, Math.min(round + 1, 3) + 1);
    }
    assert.ok(index.data.segments.length < 1000);
    assert.deepEqual(
      index.callers('g').map(c => `${c.file} ${c.function}`),
      ['f0.c f2499', 'f1.c f2497', 'f2.c f2498', 'kept.c kept'],
    );
    assert.deepEqual(index.definers('f2495'), []);
  });

  it('search finds characters in order, best first', () => {
    const index = one(
      `void vm_fault(void) {}\nvoid vm(void) {}\n#define VMF 1\nstruct s { int vmf; };\nvoid other(void) {}
void vas_mmap_fault(void) {}\nvoid handle_mm_fault(void) {}\n#define ON_VMFAULT_2 1\n`,
    );
    const names = (query: string): string[] => index.search(query).map(s => s.name);
    assert.deepEqual(names('vmf'), ['VMF', 'vm_fault', 'vas_mmap_fault', 'ON_VMFAULT_2']);
    assert.deepEqual(names('vm').slice(0, 3), ['vm', 'vm_fault', 'VMF']);
    assert.deepEqual(names('hmf'), ['handle_mm_fault']);
    assert.deepEqual(names('hndl_FAULT'), ['handle_mm_fault']);
    assert.deepEqual(names('zz'), []);
    assert.deepEqual(index.search('v', 1).length, 1);
  });
});
