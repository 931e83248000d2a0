import { rewrites } from '../../support/rewrite.ts';

rewrites('rewriting surplus names', [
  {
    what: 'attributes of unknown names in a function head',
    from: 'static unsigned int __unknown f(int __odd a, pte_t __odder *p) __after(x) { return 0; }',
    to: 'static unsigned int           f(int       a, pte_t         *p)            { return 0; }',
  },
  { what: 'in a variable', from: 'struct page *__weird q;', to: 'struct page *        q;' },
  { what: 'after an array', from: 'int table[2] __sorted = { 1, 2 };', to: 'int table[2]          = { 1, 2 };' },
  {
    what: 'in a block',
    from: 'void f(void) { struct s *__odd p = 0; }',
    to: 'void f(void) { struct s *      p = 0; }',
  },
]);
