import { rewrites } from '../../support/rewrite.ts';

rewrites('rewriting lists', [
  { what: 'enumerators', from: 'enum e { A, X(b, c), Y(d) Z = 1 };', to: 'enum e { A, X      ,      Z = 1 };' },
  {
    what: 'elements',
    from: 'int a[] = { ENTRY(1) { 2 }, ENTRY(3), b };',
    to: 'int a[] = {          { 2 }, ENTRY(3), b };',
  },
]);
