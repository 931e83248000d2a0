import { candidatesOf } from './candidates.ts';
import { FAULT_KINDS, type FaultKind, type Mutant, mutate, readFile } from './mutant.ts';
import { mulberry32, shuffled } from './random.ts';

export interface Selection {
  readonly mutants: readonly Mutant[];
  /** Files read until there were enough. */
  readonly read: number;
  /** Functions that any fault could have been put into, in those files. */
  readonly targets: number;
}

/**
 * Chooses functions and one fault for each, `count` in all and as many of each kind as the tree gives.
 *
 * The files are gone through in an order that the seed decides, the functions of a file likewise; no function is used twice and no
 * file more than `perFile` times. A function gets the kind that is furthest behind among those that it can have, and one
 * of its candidates by chance.
 *
 * @param read the text of a file, or undefined to pass over it
 */
export function select(
  files: readonly string[],
  read: (file: string) => string | undefined,
  options: { readonly count: number; readonly seed: number; readonly perFile?: number },
): Selection {
  const random = mulberry32(options.seed);
  const quota = new Map<FaultKind, number>(
    FAULT_KINDS.map((kind, i) => [kind, Math.floor((options.count + FAULT_KINDS.length - 1 - i) / FAULT_KINDS.length)]),
  );
  const mutants: Mutant[] = [];
  let seen = 0;
  let targets = 0;
  for (const file of shuffled([...files].sort(), random)) {
    if (mutants.length >= options.count) break;
    const text = read(file);
    if (text === undefined) continue;
    seen++;
    const facts = readFile(file, text);
    const candidates = candidatesOf(facts);
    targets += facts.targets.length;
    let here = 0;
    for (const target of shuffled(facts.targets, random)) {
      if (here >= (options.perFile ?? 2)) break;
      if (facts.functions.filter(f => f.name === target.f.name).length > 1) continue;
      const open = FAULT_KINDS.filter(kind => quota.get(kind)! > 0).sort((a, b) => quota.get(b)! - quota.get(a)!);
      for (const kind of open) {
        const faults = candidates(target, kind);
        if (faults.length === 0) continue;
        mutants.push(mutate(facts, target, faults[Math.floor(random() * faults.length)]!));
        quota.set(kind, quota.get(kind)! - 1);
        here++;
        break;
      }
    }
  }
  return { mutants, read: seen, targets };
}
