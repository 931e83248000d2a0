const RESERVED =
  `true false null this new delete class const let var function return if else for while do switch case default
  break continue try catch finally throw typeof instanceof in of void yield await import export extends super with enum
  static public private protected interface package implements debugger`.split(/\s+/);

/** Module-level names of a program: each thing keeps the name that C gives it, unless that is taken already. */
export class Names {
  private readonly taken = new Set<string>([
    ...RESERVED,
    '$',
    'F',
    'struct',
    'k',
    'arguments',
    'eval',
    'undefined',
    'NaN',
    'Infinity',
    'BigInt',
    'Number',
    'Math',
  ]);

  /** `wanted`, or `wanted$2`, `wanted$3` … when it is taken. */
  claim(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.taken.has(name); n++) name = `${wanted}$${n}`;
    this.taken.add(name);
    return name;
  }
}
