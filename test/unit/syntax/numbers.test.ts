import { rewrites } from '../../support/rewrite.ts';

rewrites('rewriting words that begin with a digit', [
  {
    what: 'become names',
    from: 'int a = MODE(1000baseT_Full) | F(3DNOW);',
    to: 'int a = MODE(_000baseT_Full) | F(_DNOW);',
  },
  {
    what: 'numbers stay',
    from: 'double a[] = { 1, 0x1fULL, 0b11, 1.5e-3f, .5, 0x1.8p+2, 017, 1u };',
    to: 'double a[] = { 1, 0x1fULL, 0b11, 1.5e-3f, .5, 0x1.8p+2, 017, 1u };',
  },
]);
