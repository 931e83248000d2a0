/** Binary operators by how tightly they bind. ISO C, 6.5.5 to 6.5.14. */
export const BINARY = new Map<string, number>([
  ['||', 1],
  ['&&', 2],
  ['|', 3],
  ['^', 4],
  ['&', 5],
  ['==', 6],
  ['!=', 6],
  ['<', 7],
  ['>', 7],
  ['<=', 7],
  ['>=', 7],
  ['<<', 8],
  ['>>', 8],
  ['+', 9],
  ['-', 9],
  ['*', 10],
  ['/', 10],
  ['%', 10],
]);
/** What is called like a function but evaluates nothing. */
export const SIZES =
  /^(?:sizeof|__alignof__|_Alignof|__alignof|alignof|offsetof|typeof|__typeof__|sizeof_field|struct_size_t|__builtin_offsetof|__builtin_types_compatible_p|va_arg|__same_type)$/;
/** include/linux/kconfig.h */
export const OPTIONS = /^IS_(?:ENABLED|BUILTIN|REACHABLE|MODULE)$/;
