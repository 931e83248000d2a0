import { rewrites } from '../../support/rewrite.ts';

rewrites('rewriting loops and guards', [
  {
    what: 'a loop macro is a for',
    from: ['void f(void)', '{', '\tlist_for_each_entry(a, &b->head, node)', '\t\tg(a);', '}'].join('\n'),
    to: ['void f(void)', '{', '\tfor(;;              a, &b->head, node)', '\t\tg(a);', '}'].join('\n'),
  },
  {
    what: 'a loop of the tree’s own list, with a type',
    from: ['void f(void)', '{', '\twalk_each(i, struct page, q) {', '\t\tg(i);', '\t}', '}'].join('\n'),
    to: ['void f(void)', '{', '\tfor(;;    i,        page, q) {', '\t\tg(i);', '\t}', '}'].join('\n'),
  },
  {
    what: 'a guard is a block with a head',
    from: ['void f(void)', '{', '\tscoped_guard(mutex, &lock) {', '\t\tg();', '\t}', '}'].join('\n'),
    to: ['void f(void)', '{', '\twhile       (mutex, &lock) {', '\t\tg();', '\t}', '}'].join('\n'),
  },
  {
    what: 'a macro that ends a do loop',
    from: ['void f(void)', '{', '\tdo {', '\t\tg();', '\t} while_each_thread(a, b);', '}'].join('\n'),
    to: ['void f(void)', '{', '\tdo {', '\t\tg();', '\t} while            (a, b);', '}'].join('\n'),
  },
  {
    what: 'a loop that the file defines',
    from: ['#define each(p) for (p = 0; p; p--)', 'void f(void)', '{', '\teach(p) g(p);', '}'].join('\n'),
    to: ['                                   ', 'void f(void)', '{', '\tif  (p) g(p);', '}'].join('\n'),
  },
  {
    what: 'a loop without a body, by the list only',
    from: ['void f(void)', '{', '\twalk_each(i, 2, q);', '\tbus_for_each_dev(b, 0, 0);', '}'].join('\n'),
    to: ['void f(void)', '{', '\tfor(;;    i, 2, q);', '\tbus_for_each_dev(b, 0, 0);', '}'].join('\n'),
  },
  {
    what: 'a body that begins with a parenthesis',
    from: ['void f(void)', '{', '\twalk_each(i, q)', '\t\t(void)g(i);', '}'].join('\n'),
    to: ['void f(void)', '{', '\tfor(;;    i, q)', '\t\t(void)g(i);', '}'].join('\n'),
  },
]);
