import { rewrites } from '../../support/rewrite.ts';

rewrites('rewriting members', [
  {
    what: 'groups and declaring macros',
    from: 'struct s { struct_group(name, int a; int b;); DECLARE_BITMAP(map, 8); };',
    to: 'struct s {                    int a; int b;   DECLARE_BITMAP map    ; };',
  },
  {
    what: 'unnamed bit-fields',
    from: 'struct s { u32 a:1, :7, b; int :3; FLAGS(x) c; };',
    to: 'struct s { u32 a:1    , b; int   ; FLAGS    c; };',
  },
  {
    what: 'groups with several leading arguments',
    from: 'struct s { __struct_group(tag, name, attr, int a; int b;); u32 (*cb)(int x); };',
    to: 'struct s {                                 int a; int b;   u32 (*cb)(int x); };',
  },
  {
    what: 'bit-field macros and markers',
    from: 'struct s { u32 FIELDS(a : 1, b : 2); randomised };',
    to: 'struct s { u32 FIELDS              ;            };',
  },
]);
