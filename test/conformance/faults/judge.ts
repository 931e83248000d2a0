import type { Finding, FindingKind, FindingsDocument } from '../../../extension/core/report/documents.ts';
import { functions } from './cut.ts';
import type { FaultKind, Mutant } from './mutant.ts';

/** Whatever finds faults in a file: the file as it is in the tree, or with this text instead. */
export interface Checker {
  findings(file: string, text?: string): Promise<FindingsDocument>;
}

/** Kinds of finding that say what the fault is. Another new finding in the function counts as reported too, but not as these. */
export const OWN_KINDS: Readonly<Record<FaultKind, readonly FindingKind[]>> = {
  'unlock-removed': ['missing-unlock', 'double-lock'],
  'lock-doubled': ['double-lock'],
  // A mutex behind a spinlock sleeps; an irq lock taken first leaves the other one's holder with interrupts on.
  'locks-swapped': ['lock-order', 'sleep-in-atomic', 'irq-unsafe'],
  'gfp-under-spinlock': ['gfp-in-atomic', 'sleep-in-atomic'],
  'irqsave-to-plain': ['irq-unsafe'],
};

export interface Judgement {
  readonly mutant: Mutant;
  /** New findings that are in the function, or that lead to it. */
  readonly reports: readonly Finding[];
  /** New findings that have nothing to do with it. */
  readonly elsewhere: readonly Finding[];
  /** Findings that the function had before. */
  readonly before: readonly Finding[];
  /** The checker gave up on the file with the fault. */
  readonly failed?: string;
}

const identity = (f: Finding): string => [f.kind, f.function, f.lock ?? '', f.text].join('\n');

/** Findings of `after` that `before` does not have; equal ones are counted, lines are not compared. */
export function newFindings(before: readonly Finding[], after: readonly Finding[]): Finding[] {
  const known = new Map<string, number>();
  for (const f of before) if (!f.suppressed) known.set(identity(f), (known.get(identity(f)) ?? 0) + 1);
  return after.filter(f => {
    if (f.suppressed) return false;
    const left = known.get(identity(f)) ?? 0;
    if (left > 0) known.set(identity(f), left - 1);
    return left === 0;
  });
}

/** Is the finding about the function that has the fault: in it, with a related place in it, or naming it? */
function concerns(mutant: Mutant, finding: Finding): boolean {
  if (finding.function === mutant.function) return true;
  const cut = functions(mutant.text).find(f => f.name === mutant.function);
  const lineOf = (offset: number): number => mutant.text.slice(0, offset).split('\n').length;
  const first = cut ? cut.line : mutant.line;
  const last = cut ? lineOf(cut.body.at(-1)!.end) : mutant.line;
  const name = new RegExp(`\\b${mutant.function}\\b`);
  return finding.related.some(
    r => (r.file === mutant.file && r.line >= first && r.line <= last) || name.test(r.message),
  );
}

export function judge(mutant: Mutant, before: FindingsDocument, after: FindingsDocument): Judgement {
  const fresh = newFindings(before.findings, after.findings);
  return {
    mutant,
    reports: fresh.filter(f => concerns(mutant, f)),
    elsewhere: fresh.filter(f => !concerns(mutant, f)),
    before: before.findings.filter(f => f.function === mutant.function),
  };
}

export interface Row {
  readonly name: string;
  made: number;
  reported: number;
  /** Reported by a finding of the fault's own kind. */
  own: number;
  /** Reported by a finding of high confidence; of high or medium. */
  high: number;
  shown: number;
}

/** One row for each kind of fault, those of `irqsave-to-plain` and `gfp-under-spinlock` by evidence too, and one for all. */
export function table(judgements: readonly Judgement[]): Row[] {
  const rows = new Map<string, Row>();
  const row = (name: string): Row => {
    let r = rows.get(name);
    if (!r) rows.set(name, (r = { name, made: 0, reported: 0, own: 0, high: 0, shown: 0 }));
    return r;
  };
  for (const { mutant, reports } of judgements) {
    const split = mutant.kind === 'irqsave-to-plain' || mutant.kind === 'gfp-under-spinlock';
    const evidence = split ? (mutant.evidence ?? '').split(':')[0]! : undefined;
    for (const r of [row(mutant.kind), ...(evidence ? [row(`${mutant.kind} (${evidence})`)] : []), row('~all')]) {
      r.made++;
      if (reports.length > 0) r.reported++;
      if (reports.some(f => OWN_KINDS[mutant.kind].includes(f.kind))) r.own++;
      if (reports.some(f => f.confidence === 'high')) r.high++;
      if (reports.some(f => f.confidence !== 'low')) r.shown++;
    }
  }
  return [...rows.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(r => (r.name === '~all' ? { ...r, name: 'all' } : r));
}

/** The rows as a markdown table. */
export function markdown(rows: readonly Row[]): string {
  const percent = (n: number, r: Row): string => `${n} (${((100 * n) / Math.max(1, r.made)).toFixed(1)} %)`;
  return [
    '| fault | made | reported | as its own kind | high confidence | high or medium |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(
      r =>
        `| ${r.name} | ${r.made} | ${percent(r.reported, r)} | ${percent(r.own, r)} | ${percent(r.high, r)} | ${percent(r.shown, r)} |`,
    ),
  ].join('\n');
}
