import { join } from 'node:path';
import pc from 'picocolors';
import { outputText } from '../core/report/ptdump.ts';
import { holdComparison } from '../core/report/text.ts';
import { type Outcome, ran } from './outcome.ts';
import { runBoth, type Subject, subjectOf } from './run.ts';
import { diagram, ptdumpText, type TextOptions, timeline } from './runText.ts';
import { oneForBoth } from './schedule.ts';

/** The bundled sample, beside the bundle's folder. */
const SAMPLES = join(__dirname, '../extension/samples');

/** remap1 has found a huge PMD and fills a table for it while remap0 does all of its work and the dump reads. */
const RACE = oneForBoth({ kind: 'script', script: 'remap1 to set_pte, remap0, dump, remap1' });
/** remap0 splits the PMD between the dump's two looks at it. */
const BETWEEN = oneForBoth({ kind: 'script', script: 'dump to dump_pmds #3, remap0, dump, remap1' });

/** `lockstep demo`: all that it prints comes from running the bundled sample, before and after its patch. */
export async function demo(options: TextOptions, signal: AbortSignal): Promise<Outcome> {
  const title = options.colours ? pc.bold : (text: string) => text;
  const quiet = options.colours ? pc.dim : (text: string) => text;
  const subject = (patch: string): Promise<Subject> =>
    subjectOf(join(SAMPLES, 'sample.scenario.c'), { patch: [join(SAMPLES, patch)], label: 'extension/samples' });

  const [before, after] = await runBoth(await subject('sample.patch'), RACE, signal);
  const [, half] = await runBoth(await subject('sample-half.patch'), BETWEEN, signal);
  const sections: [heading: string, text: string][] = [
    ['Who holds which lock when: before the patch', timeline(before!.trace, options)],
    ['The same schedule, after the patch', timeline(after!.trace, options)],
    ['How long each lock is held, in steps', holdComparison(before!.trace, after!.trace).join('\n')],
    [
      'The race to split the PMD, as a commit message draws it (after)',
      // Long enough that the write of the PMD, what the race is about, is not among what is left out.
      await diagram(after!, { threads: [0, 1], longestRun: 20 }),
    ],
    ['The dump', ptdumpText([before!.trace, after!.trace])],
    ['The dump when the patch leaves dump.c as it was: one PMD, reported twice', outputText(half!.trace)],
  ];
  const intro = quiet(
    `${before!.trace.scenario}
Everything below comes from running the C in extension/samples, before and after sample.patch.`,
  );
  const text = sections
    .map(([heading, body], i) => `${title(`${i + 1}. ${heading}`)}\n\n${body.trimEnd()}\n`)
    .join('\n');
  const next = quiet('Next: lockstep run SCENARIO --tree LINUX, or "Lockstep: Simulate" in VS Code on a kernel tree.');
  return ran(`${intro}\n\n${text}\n${next}\n`);
}
