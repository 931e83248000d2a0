import { rewrites } from '../../support/rewrite.ts';

rewrites('rewriting neighbours of strings', [
  {
    what: 'invocations beside literals',
    from: 'void f(void) { printk(KERN_SOH(3) "x" PRIx64 "y"); g("a" FMT(1) "b"); }',
    to: 'void f(void) { printk(            "x" PRIx64 "y"); g("a"        "b"); }',
  },
  {
    what: 'names in a row before a literal',
    from: 'void f(void) { printk(KERN_INFO PREFIX "x"); }',
    to: 'void f(void) { printk(          PREFIX "x"); }',
  },
]);
