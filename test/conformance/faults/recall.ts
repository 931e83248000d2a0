import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createPatch } from 'diff';
import type { FindingsDocument } from '../../../extension/core/report/documents.ts';
import { measure } from '../trees.ts';
import { lockstep } from './checker.ts';
import { conditionsAround } from './cut.ts';
import { type Judgement, judge, markdown, table } from './judge.ts';
import type { Mutant } from './mutant.ts';
import { select } from './select.ts';
import { lockingText, sourceFiles } from './tree.ts';

/** At least so much of the faults is to be reported. */
const BAR = 0.9;

/** Files after which what an analyser has read is let go. */
const FRESH = 40;

/** A file that takes longer than so many seconds, with the fault and without, is named. */
const SLOW = 10;

async function main(root: string): Promise<number> {
  const count = Number(process.env.FAULTS ?? 200);
  const seed = Number(process.env.SEED ?? 1);
  const make = await lockstep(root);
  if (!make) {
    console.log('the analyser gives no findings yet: nothing to judge');
    return 2;
  }
  const selection = select(sourceFiles(root), file => lockingText(root, file), { count, seed });
  const { read, targets } = selection;
  // ONLY=3,17: those of the same selection again, by the index that a miss has.
  const only = process.env.ONLY ? process.env.ONLY.split(',').map(Number) : undefined;
  const mutants = selection.mutants.filter((_m, i) => only?.includes(i) ?? true);
  const began = performance.now();
  const cpu = process.cpuUsage();
  const judgements: Judgement[] = [];
  let checker = make();
  let file = '';
  let files = 0;
  let before: FindingsDocument | undefined;
  for (const mutant of mutants) {
    const next = mutant.file !== file;
    if (next) before = undefined;
    if (next && ++files % FRESH === 0) checker = make();
    file = mutant.file;
    const at = performance.now();
    try {
      // With its text: an analyser may keep what it was given last.
      before ??= await checker.findings(mutant.file, lockingText(root, mutant.file));
      judgements.push(judge(mutant, before, await checker.findings(mutant.file, mutant.text)));
    } catch (error) {
      judgements.push({ mutant, reports: [], elsewhere: [], before: [], failed: (error as Error).message });
    }
    const seconds = (performance.now() - at) / 1000;
    if (seconds > SLOW) process.stderr.write(`${mutant.file}: ${mutant.function}: ${seconds.toFixed(1)} s\n`);
    if (process.stderr.isTTY) process.stderr.write(`\r${judgements.length} of ${mutants.length} `);
    else if (judgements.length % 25 === 0) process.stderr.write(`${judgements.length} of ${mutants.length}\n`);
  }
  const { user, system } = process.cpuUsage(cpu);
  const rows = table(judgements);
  const elsewhere = judgements.reduce((n, j) => n + j.elsewhere.length, 0);
  const failed = judgements.filter(j => j.failed !== undefined).length;
  console.log(
    `\n${root}: ${mutants.length} faults, seed ${seed}, chosen among ${targets} functions of ${read} files; ` +
      `${((performance.now() - began) / 1000).toFixed(0)} s, CPU ${((user + system) / 1e6).toFixed(0)} s\n`,
  );
  console.log(markdown(rows));
  console.log(`\nnew findings in other functions: ${elsewhere}; files that could not be checked: ${failed}`);
  const misses = process.env.MISSES ?? join(__dirname, '../../../dist/tmp/fault-misses.json');
  mkdirSync(dirname(misses), { recursive: true });
  writeFileSync(
    misses,
    `${JSON.stringify(
      missed(root, seed, judgements, m => selection.mutants.indexOf(m)),
      undefined,
      2,
    )}\n`,
  );
  console.log(`what was missed: ${misses}`);
  const all = rows.find(r => r.name === 'all');
  return all && all.reported >= BAR * all.made ? 0 : 1;
}

/** The faults that nothing new was said of, each with what it takes to look at it. */
function missed(
  root: string,
  seed: number,
  judgements: readonly Judgement[],
  indexOf: (m: Mutant) => number,
): unknown[] {
  return judgements.flatMap(({ mutant: m, reports, elsewhere, before, failed }) =>
    reports.length > 0
      ? []
      : [
          {
            seed,
            index: indexOf(m),
            kind: m.kind,
            at: `${m.file}:${m.line}`,
            function: m.function,
            lock: m.lock,
            description: m.description,
            evidence: m.evidence,
            // Code that the configuration at hand leaves out is not analysed: what stands around the function says so.
            under: conditionsAround(m.text, m.line),
            failed,
            before: before.map(f => `${f.kind} ${f.lock ?? ''} ${f.line}: ${f.message}`),
            elsewhere: elsewhere.map(f => `${f.kind} ${f.function} ${f.lock ?? ''} ${f.line}: ${f.message}`),
            diff: createPatch(m.file, readFileSync(join(root, m.file), 'utf8'), m.text, '', '', { context: 6 }).split(
              '\n',
            ),
          },
        ],
  );
}

measure(__filename, main);
