import { rewrites } from '../../support/rewrite.ts';

rewrites('rewriting invocations', [
  {
    what: 'without a semicolon or room for one',
    from: ['MODULE_LICENSE("GPL")', 'int a;'].join('\n'),
    to: ['MODULE_LICENSE()    ;', 'int a;'].join('\n'),
  },
  {
    what: 'without a semicolon before a comment',
    from: ['EXPORT_SYMBOL(f) /* c */', 'int a;'].join('\n'),
    to: ['EXPORT_SYMBOL(f);/* c */', 'int a;'].join('\n'),
  },
  {
    what: 'that define',
    from: ['static DEFINE_MUTEX(m);', 'DEFINE_PER_CPU(struct s *, p) = 0;'].join('\n'),
    to: ['       DEFINE_MUTEX(m);', 'DEFINE_PER_CPU             p  = 0;'].join('\n'),
  },
  {
    what: 'that declare with a value',
    from: ['LIST_HEAD(a) = { 0 };', 'TYPE(x) name = 1;'].join('\n'),
    to: ['LIST_HEAD a  = { 0 };', 'TYPE    name = 1;'].join('\n'),
  },
  {
    what: 'statements without a semicolon',
    from: ['void f(void)', '{', '\tTRACE(x)', '\tg();', '\tDECLARE_IT(y) = { 0 };', '}'].join('\n'),
    to: ['void f(void)', '{', '\tTRACE(x)', ';g();', '\tDECLARE_IT y  = { 0 };', '}'].join('\n'),
  },
  { what: 'a type built by a macro', from: 'typedef MACRO(int) name_t;', to: 'typedef MACRO      name_t;' },
]);
