import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { whyLines } from '../core/explore/why/why.ts';
import type { Colors } from '../core/report/contractText.ts';
import type { WhyDocument } from '../core/report/documents.ts';
import { whyText } from '../core/report/whyText.ts';
import { InputError } from '../core/text/source.ts';
import { memoryOf } from './explore.ts';
import { type Outcome, ran, withUnread } from './outcome.ts';
import { type RunOptions, subjectOf } from './run.ts';
import { whole } from './schedule.ts';
import { writeWhole } from './writeWhole.ts';

export interface WhyOptions extends Pick<RunOptions, 'tree' | 'label' | 'patch' | 'define' | 'json'> {
  readonly executions?: string;
  readonly seconds?: string;
  readonly preemptions?: string;
  /** `sc` or `weak`. */
  readonly memory?: string;
  readonly weaken?: boolean;
  /** `FILE:LINE` or `FILE:FIRST-LAST`: these lines, as if they had been added. */
  readonly lines?: readonly string[];
  /** A folder for the variants that break, as patches, with their witnesses. */
  readonly save?: string;
}

/** `lockstep why SCENARIO --patch PATCH`: what breaks when a line of the patch is left out, for each. */
export async function why(
  scenario: string,
  options: WhyOptions,
  signal: AbortSignal,
  colors?: Colors,
): Promise<Outcome> {
  const limit = (name: 'executions' | 'seconds' | 'preemptions', least: number): number | undefined => {
    const text = options[name];
    if (text === undefined) return undefined;
    const number = whole(`--${name}`, text);
    if (number < least) throw new InputError(`--${name} ${text}: it takes a number from ${least}`);
    return number;
  };
  const executions = limit('executions', 1);
  const seconds = limit('seconds', 1);
  const preemptions = limit('preemptions', 0);
  const memory = memoryOf(options.memory);
  if (memory === 'weak' && preemptions !== undefined)
    throw new InputError('--preemptions: there are none to count under weak memory; leave it out');
  if (!options.patch?.length && !options.lines?.length)
    throw new InputError(
      'no patch is given: name one with --patch FILE, or lines of the tree with --lines FILE:FIRST-LAST',
    );
  const subject = await subjectOf(scenario, options);
  const { patched, tree } = subject;
  const { stderr } = process;
  const document: WhyDocument = await whyLines({
    scenario: subject.scenario,
    scenarioText: subject.scenarioText,
    defines: subject.defines,
    before: tree,
    after: patched?.tree ?? tree,
    files: patched?.files ?? [],
    ...(options.lines?.length ? { lines: options.lines.map(linesIn) } : {}),
    label: tree.label,
    patch: patched?.label ?? tree.label,
    ...(patched ? { patchLabel: patched.label } : {}),
    ...(executions === undefined ? {} : { executions }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(preemptions === undefined ? {} : { preemptions }),
    memory,
    ...(options.weaken ? { weaken: true } : {}),
    signal,
    progress: (done, total, what) => {
      if (stderr.isTTY)
        stderr.write(`\r\x1b[K${`${done + 1}/${total} ${what}, Ctrl-C stops`.slice(0, (stderr.columns || 80) - 1)}`);
    },
  })
    .catch((error: unknown) => {
      throw withUnread(error, tree);
    })
    .finally(() => void (stderr.isTTY && stderr.write('\r\x1b[K')));
  if (options.save !== undefined) await save(options.save, document);
  const text = options.json ? `${JSON.stringify(document)}\n` : whyText(document, colors);
  if (document.stopped !== undefined) return { text, status: 2, problem: `${scenario}: ${document.stopped}` };
  return ran(text, tree);
}

/** @throws InputError for what is not FILE:LINE or FILE:FIRST-LAST */
function linesIn(text: string): { file: string; first: number; last: number } {
  const parts = /^(.+):(\d+)(?:-(\d+))?$/.exec(text);
  if (!parts) throw new InputError(`--lines ${text}: write FILE:LINE or FILE:FIRST-LAST, FILE as in the tree`);
  return { file: parts[1]!, first: Number(parts[2]), last: Number(parts[3] ?? parts[2]) };
}

/** `12.patch` takes line 12 away from what the patch leaves; `12.json` is the witness, for run --schedule. */
async function save(folder: string, { lines }: WhyDocument): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { file, line, variant, violation } of lines) {
    if (!variant || !violation) continue;
    const name = `${file.replace(/[^\w.]+/g, '-')}-${line}`;
    await writeWhole(join(folder, `${name}.patch`), variant);
    await writeWhole(join(folder, `${name}.json`), `${JSON.stringify(violation)}\n`);
  }
}
