import { rewrites } from '../../support/rewrite.ts';

rewrites('rewriting function heads', [
  {
    what: 'system calls',
    from: ['SYSCALL_DEFINE3(read, unsigned int, fd, char __user *, buf, size_t, n)', '{', '\treturn 0;', '}'].join(
      '\n',
    ),
    to: ['SYSCALL_DEFINE3 read( unsigned int  fd, char        *  buf, size_t  n)', '{', '\treturn 0;', '}'].join('\n'),
  },
  {
    what: 'system calls without parameters',
    from: ['SYSCALL_DEFINE0(sync)', '{', '\treturn 0;', '}'].join('\n'),
    to: ['SYSCALL_DEFINE0 sync ', '{', '\treturn 0;', '}'].join('\n'),
  },
  {
    what: 'a macro that names a function',
    from: ['DEFINE_HANDLER(name, a, b)', '{', '\tg();', '}'].join('\n'),
    to: ['DEFINE_HANDLER name(     )', '{', '\tg();', '}'].join('\n'),
  },
  { what: 'a macro without a name', from: 'FIXTURE(struct x, y) { g(); }', to: 'F XTURE(           ) { g(); }' },
]);
