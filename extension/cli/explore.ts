import { readFile, rm } from 'node:fs/promises';
import { exploreScenario } from '../core/explore/explorer.ts';
import { type PausedExploration, readPaused } from '../core/explore/paused.ts';
import type { Colors } from '../core/report/contractText.ts';
import type { VerdictDocument } from '../core/report/documents.ts';
import { verdictText } from '../core/report/verdictText.ts';
import { InputError } from '../core/text/source.ts';
import { codeOf, messageOf } from '../worker/systemErrors.ts';
import { type Outcome, ran, withUnread } from './outcome.ts';
import { type RunOptions, subjectOf } from './run.ts';
import { whole } from './schedule.ts';
import { writeWhole } from './writeWhole.ts';

export interface ExploreOptions extends Pick<RunOptions, 'tree' | 'label' | 'patch' | 'define' | 'json'> {
  readonly executions?: string;
  readonly seconds?: string;
  readonly preemptions?: string;
  /** `sc` or `weak`. */
  readonly memory?: string;
  /** A file to go on from, where there is one; what is left when it is stopped is written there. */
  readonly resume?: string;
}

/** `lockstep explore SCENARIO --tree DIR`: all schedules; with `--patch`, of the patched source. */
export async function explore(
  scenario: string,
  options: ExploreOptions,
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
  if (memory === 'weak' && options.resume !== undefined)
    throw new InputError('--resume: an exploration under weak memory cannot be gone on with later; leave it out');
  const subject = await subjectOf(scenario, options);
  const { patched } = subject;
  const resume = options.resume === undefined ? undefined : await pausedIn(options.resume);
  let left: PausedExploration | undefined;
  const line = progressLine();
  const verdict: VerdictDocument = await exploreScenario({
    scenario: subject.scenario,
    scenarioText: subject.scenarioText,
    defines: subject.defines,
    tree: patched?.tree ?? subject.tree,
    label: subject.tree.label,
    ...(patched ? { patchLabel: patched.label } : {}),
    ...(executions === undefined ? {} : { executions }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(preemptions === undefined ? {} : { preemptions }),
    memory,
    ...(resume ? { resume } : {}),
    paused: state => {
      left = state;
    },
    signal,
    ...(line ? { progress: line.tell } : {}),
  })
    .catch((error: unknown) => {
      throw withUnread(error, subject.tree);
    })
    .finally(() => line?.end());
  const kept = options.resume === undefined ? undefined : await keep(options.resume, left);
  const text = options.json ? `${JSON.stringify(verdict)}\n` : verdictText(verdict, colors);
  if (verdict.violations.length > 0) return { ...ran(text, subject.tree), status: 1 };
  // Nothing found in a part says nothing of the rest, unless a part is what was asked for.
  const isCut = !verdict.complete && preemptions === undefined;
  if (isCut)
    return { text, status: 2, problem: `${scenario}: ${verdict.stopped ?? 'not all was explored'}${kept ?? ''}` };
  return ran(text, subject.tree);
}

/** @throws InputError for what is no memory model here */
export function memoryOf(name = 'sc'): 'sc' | 'weak' {
  if (name === 'sc' || name === 'weak') return name;
  throw new InputError(`--memory ${name}: it takes sc (sequential consistency) or weak (the kernel's memory model)`);
}

async function pausedIn(file: string): Promise<PausedExploration | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new InputError(`${file}: it cannot be read (${messageOf(error)})`, { file });
  });
  return text === undefined ? undefined : readPaused(text, file);
}

/** Writes what is left to explore, as a whole or not at all; nothing is left: no file. Gives words for who asks for the rest. */
async function keep(file: string, left: PausedExploration | undefined): Promise<string | undefined> {
  if (!left) {
    await rm(file, { force: true });
    return undefined;
  }
  await writeWhole(file, `${JSON.stringify(left)}\n`);
  return `; the same command goes on from ${file}`;
}

/** A line on a terminal that counts the executions of what takes longer than a second. */
function progressLine(): { tell(executions: number, share: number): void; end(): void } | undefined {
  const { stderr } = process;
  if (!stderr.isTTY) return undefined;
  const began = Date.now();
  let shown = false;
  return {
    tell: (executions, share) => {
      if (Date.now() - began > 1000)
        shown = stderr.write(`\r${executions} executions, about ${Math.round(share * 100)} %, Ctrl-C stops\x1b[K`);
    },
    end: () => void (shown && stderr.write('\r\x1b[K')),
  };
}
