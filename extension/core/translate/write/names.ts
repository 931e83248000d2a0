/** Module-level names of a program: each thing keeps the name that C gives it, unless that is taken already. */
export class Names {
  private readonly taken = new Set<string>([
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
