import { FAULT_KINDS, type FaultKind, type Mutant } from '../faults/mutant.ts';
import { type Checked, newReports, type Report, type Rival } from './checkers.ts';

/** How one program did on the seeded faults. */
export interface Result {
  readonly name: string;
  readonly kinds: ReadonlyMap<FaultKind, { made: number; reported: number }>;
  /** What it says of the files as they are in the tree. */
  readonly asShipped: readonly Report[];
  /** New reports in other functions than the one with the fault. */
  readonly elsewhere: number;
  /** Of one pass over the files as they are. */
  readonly seconds: number;
  readonly cpu: number;
  readonly mebibytes: number;
  readonly failures: readonly string[];
}

const about = (r: Report, m: Mutant): boolean =>
  r.function === m.function || new RegExp(`\\b${m.function}\\b`).test(r.message);

/** Checks every file as it is, then with each of its faults. @param original the text of a file of the tree */
export async function compare(
  rival: Rival,
  mutants: readonly Mutant[],
  original: (file: string) => string,
  progress: (done: number) => void,
): Promise<Result> {
  const kinds = new Map(FAULT_KINDS.map(kind => [kind, { made: 0, reported: 0 }]));
  const before = new Map<string, Checked>();
  const failures: string[] = [];
  let elsewhere = 0;
  for (const [done, m] of mutants.entries()) {
    progress(done);
    const row = kinds.get(m.kind)!;
    row.made++;
    try {
      let base = before.get(m.file);
      if (!base) before.set(m.file, (base = await rival.check(m.file, original(m.file))));
      const fresh = newReports(base.reports, (await rival.check(m.file, m.text)).reports);
      const hits = fresh.filter(r => about(r, m)).length;
      if (hits > 0) row.reported++;
      elsewhere += fresh.length - hits;
    } catch (error) {
      failures.push(`${m.file}: ${(error as Error).message}`);
    }
  }
  const all = [...before.values()];
  const sum = (of: (c: Checked) => number): number => all.reduce((n, c) => n + of(c), 0);
  return {
    name: rival.name,
    kinds,
    asShipped: all.flatMap(c => c.reports),
    elsewhere,
    seconds: sum(c => c.seconds),
    cpu: sum(c => c.cpu),
    mebibytes: Math.max(0, ...all.map(c => c.mebibytes)),
    failures,
  };
}

/** Two tables: what was reported, and what it cost. */
export function tables(results: readonly Result[], files: number): string {
  const share = (reported: number, made: number): string => (made === 0 ? '–' : `${reported} / ${made}`);
  const total = (r: Result): { made: number; reported: number } =>
    [...r.kinds.values()].reduce((a, b) => ({ made: a.made + b.made, reported: a.reported + b.reported }), {
      made: 0,
      reported: 0,
    });
  return [
    `| program | ${FAULT_KINDS.join(' | ')} | all | elsewhere | on the files as shipped |`,
    `| --- | ${FAULT_KINDS.map(() => '---:').join(' | ')} | ---: | ---: | ---: |`,
    ...results.map(r => {
      const cells = FAULT_KINDS.map(kind => share(r.kinds.get(kind)!.reported, r.kinds.get(kind)!.made));
      const all = total(r);
      return `| ${r.name} | ${cells.join(' | ')} | ${share(all.reported, all.made)} | ${r.elsewhere} | ${r.asShipped.length} |`;
    }),
    '',
    `| program | seconds for the ${files} files | CPU seconds | peak MiB | could not check |`,
    '| --- | ---: | ---: | ---: | ---: |',
    ...results.map(
      r =>
        `| ${r.name} | ${r.seconds.toFixed(1)} | ${r.cpu.toFixed(1)} | ${r.mebibytes.toFixed(0)} | ${r.failures.length} |`,
    ),
  ].join('\n');
}
