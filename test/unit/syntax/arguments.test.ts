import { rewrites } from '../../support/rewrite.ts';

rewrites('rewriting arguments', [
  {
    what: 'types',
    from: 'int a = g(struct page *, 1) + min_t(unsigned long, x, y);',
    to: 'int a = g(       page  , 1) + min_t(_            , x, y);',
  },
  {
    what: 'missing arguments and statements',
    from: 'void f(void) { g(, 1); h(a, , b); k(return 1); m({ x(); }); }',
    to: 'void f(void) { g(  1); h(a,   b); k(_       ); m({ x(); }); }',
  },
  {
    what: 'operators, operands of assembly, pointers',
    from: 'void f(void) { op(a, b, +); op(a, b, &~); op(x, "=a" (r) : "memory"); p(u8 *, q *); }',
    to: 'void f(void) { op(a, b, _); op(a, b, _ ); op(x, "=a" (r)           ); p(_   , q  ); }',
  },
  {
    what: 'a path in offsetof',
    from: 'int b = offsetof(struct s, a.b[c]);',
    to: 'int b = offsetof(struct s, a     );',
  },
  { what: 'addresses of labels', from: 'void *t[] = { &&one, && two };', to: 'void *t[] = {  &one,  & two };' },
  {
    what: 'named operands of assembly',
    from: 'int a = insn(frob %[x], [x] "m" (*y));',
    to: 'int a = insn(frob     ,  x          );',
  },
]);
