import { rewrites } from '../../support/rewrite.ts';

rewrites('rewriting attributes', [
  {
    what: 'attribute macros, with arguments and without',
    from: 'static int __init f(void) __must_hold(&l) { return 0; }',
    to: 'static int        f(void)                 { return 0; }',
  },
  {
    what: 'an attribute name of a member stays',
    from: 'struct s { int __packed; } x; void g(struct s *p) { p->__packed = 1; }',
    to: 'struct s { int         ; } x; void g(struct s *p) { p->__packed = 1; }',
  },
  {
    what: 'attributes that the file defines',
    from: ['#define __mine __attribute__((cold))', 'static void __mine h(void) { }'].join('\n'),
    to: ['                                    ', 'static void        h(void) { }'].join('\n'),
  },
  {
    what: 'unknown attributes with arguments before a definition',
    from: ['__success __retval(-20) __msg("a")', '__naked void f(void) { }', '__u32 __g(int a) { }'].join('\n'),
    to: ['                                  ', '        void f(void) { }', '__u32 __g(int a) { }'].join('\n'),
  },
  {
    what: 'typeof is a type',
    from: 'static int f(typeof(*p) q) { typeof(q->a) b = 1; return b; }',
    to: 'static int f(typeof     q) { typeof       b = 1; return b; }',
  },
  {
    what: 'assembly is one string',
    from: 'int f(void) { asm volatile("nop" : : "r" (x)); return 0; }',
    to: 'int f(void) { asm         (""               ); return 0; }',
  },
  { what: 'a name for assembly goes', from: 'int name(void) asm("other");', to: 'int name(void)             ;' },
  { what: 'alignof of an expression', from: 'int n = __alignof__(x);', to: 'int n = x_alignof__(x);' },
  { what: 'arguments of a tag', from: 'struct TAG(a, b) { int c; };', to: 'struct TAG       { int c; };' },
]);
