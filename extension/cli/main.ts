import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import pc from 'picocolors';
import { version } from '../../package.json';
import { STEP_LIMIT } from '../core/explore/simulate.ts';
import { InputError, readingError } from '../core/text/source.ts';
import { type CheckOptions, check } from './check.ts';
import { type ContractsOptions, contracts } from './contracts.ts';
import { demo } from './demo.ts';
import { type ExploreOptions, explore } from './explore.ts';
import { type IndexOptions, index } from './index.ts';
import { type LitmusOptions, litmus } from './litmus.ts';
import { type ModelOptions, model } from './model.ts';
import type { Outcome } from './outcome.ts';
import { type RunOptions, run } from './run.ts';
import { type WhyOptions, why } from './why.ts';
import { writeWhole } from './writeWhole.ts';

// A command runs for seconds: code that runs for longer than a moment is worth optimising, the rest is compiled for nothing.
setFlagsFromString('--interrupt-budget=1000000');

/** What could not be read, shown line by line; the rest is counted. */
const MOST_NOTICES = 5;

type Job = () => Promise<Outcome>;

const interrupted = new AbortController();
/** Ctrl-C once: stop with what there is. Twice: at once. For jobs that look at the signal; others just end. */
const stoppable = (job: (signal: AbortSignal) => Promise<Outcome>): Job => {
  return () => {
    process.once('SIGINT', () => interrupted.abort());
    return job(interrupted.signal);
  };
};

/** Exit status: 0 nothing found, 1 findings, 2 could not run (with one line on standard error). */
async function main(argv: readonly string[]): Promise<number> {
  let job: Job | undefined;
  let output: string | undefined;
  const program = commands((j, file) => {
    job = j;
    output = file;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    if (!job) return 0;
    const { text, status, problem, incomplete, notices = [] } = await job();
    if (output === undefined) process.stdout.write(text);
    else if (!incomplete) await writeWhole(output, text);
    for (const notice of notices.slice(0, MOST_NOTICES)) process.stderr.write(`lockstep: ${notice}\n`);
    if (notices.length > MOST_NOTICES)
      process.stderr.write(`lockstep: and ${notices.length - MOST_NOTICES} more such\n`);
    if (problem !== undefined) process.stderr.write(`lockstep: ${problem}\n`);
    return status;
  } catch (thrown) {
    const error = readingError(thrown);
    // commander has printed its own message; asking for help is no mistake.
    if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof InputError) process.stderr.write(`lockstep: ${error.message}\n`);
    else process.stderr.write(`lockstep: a fault of its own, please report it: ${(error as Error).stack ?? error}\n`);
    return 2;
  }
}

/** Only on a terminal: not in a pipe, not even where CI or FORCE_COLOR promises that a log shows them. */
const colours = pc.isColorSupported && process.stdout.isTTY === true;

/** An option that may be given more than once. */
const repeated = (value: string, before: readonly string[] = []): string[] => [...before, value];

function commands(take: (job: Job, output?: string) => void): Command {
  const program = new Command('lockstep').description("who holds which lock when, by the kernel's own C");
  program.exitOverride().version(version);
  const terminal = { width: Math.min(process.stdout.columns ?? 100, 160), colours };

  program
    .command('demo')
    .description('the bundled sample: lock timeline, race diagram and ptdump, before and after its patch')
    .action(() => take(stoppable(signal => demo({ ...terminal, width: Math.min(terminal.width, 100) }, signal))));

  program
    .command('contracts')
    .description('lock contracts: what each function acquires, releases and requires, and whether it may sleep')
    .argument('<path...>', 'C files')
    .option('--function <name>', 'only this function')
    .option('--tree <dir>', 'the kernel tree (default: the one around the file)')
    .option('--index', 'follow calls anywhere in the tree, by its index, and say what all known callers hold')
    .option('--json', 'the versioned document')
    .action((paths: string[], options: ContractsOptions) =>
      take(stoppable(signal => contracts(paths, options, signal, pc.createColors(colours)))),
    );

  program
    .command('check')
    .description('findings: what is wrong with the locking, or with --patch what a patch makes wrong or puts right')
    .argument('[path...]', 'C files, or folders of them (with --patch: those that it changes)')
    .option('--tree <dir>', 'the kernel tree (default: the one around the files)')
    .option('--function <name>', 'only in this function')
    .option('--kind <name>', 'only this kind of finding; again for more', repeated)
    .option('--confidence <level>', 'high, medium or low: that sure at least', 'medium')
    .option('--patch <file>', 'the difference that this patch makes; again for a series', repeated)
    .option('--index', 'follow calls anywhere in the tree, by its index (default when a folder is named)')
    .option('--no-index', 'follow calls into headers and nearby folders alone')
    .option('--no-cache', 'read the tree and work everything out anew, keep nothing')
    .option('--format <name>', 'text, json or sarif', 'text')
    .option('--output <file>', 'write there, not to the terminal')
    .option('--json', 'the versioned document: --format json')
    .addHelpText(
      'after',
      `
Exit status: 0 nothing found; 1 findings (with --patch, new ones); 2 a file could not be checked, or it was stopped.
Findings that a comment or the tree's .lockstep.json suppresses do not count: see docs/findings.md.`,
    )
    .action((paths: string[], options: CheckOptions & { output?: string }) =>
      take(
        stoppable(signal => check(paths, options, signal, pc.createColors(colours && options.output === undefined))),
        options.output,
      ),
    );

  program
    .command('model')
    .description('the TypeScript model of a function: the text that runs in its place')
    .argument('<function>', 'its name')
    .option('--tree <dir>', 'the kernel tree (default: here)')
    .option('--file <path>', 'the file that defines it (default: it is searched for)')
    .option('--map', 'the line of the C before each line')
    .option('--json', 'the versioned document, with the line map')
    .action((name: string, options: ModelOptions) => take(() => model(name, options)));

  program
    .command('run')
    .description('run a scenario once: who held which lock when, and what was printed')
    .argument('<scenario>', 'a *.scenario.c file')
    .option('--tree <dir>', 'the kernel tree (default: the one around the scenario)')
    .option('--patch <file>', 'run the source with this patch too, and compare; again for a series', repeated)
    .option('--schedule <what>', 'round-robin, random, a saved trace (.json), or "THREAD to PLACE, THREAD, …"')
    .option('--seed <n>', 'of a random schedule')
    .option('--quantum <n>', 'steps of a turn, round robin')
    .option('--any-version', 'follow a saved schedule of another version of the source, as far as it goes')
    .option('--steps <n>', `give up after so many (default: ${STEP_LIMIT})`)
    .option('--define <name=value>', 'override a macro; again for more', repeated)
    .option('--format <name>', 'timeline, diagram, ptdump, trace or json', 'timeline')
    .option('--output <file>', 'write there, not to the terminal')
    .option('--json', 'the versioned document: --format trace')
    .addHelpText(
      'after',
      `
Exit status: 0 nothing found; 1 a bug, a deadlock, a warning or a violated invariant (with --patch, in the patched
source); 2 it could not run to the end.

A PLACE is a function, FUNCTION:LINE or FILE:LINE; #2 after it means the second time the thread gets there:
  --schedule "dump to walk_pmd_range:139, remap0, dump"`,
    )
    .action((scenario: string, options: RunOptions & { output?: string }) =>
      take(
        stoppable(signal =>
          run(
            scenario,
            { ...options, ...terminal, ...(options.output === undefined ? {} : { colours: false, width: 100 }) },
            signal,
          ),
        ),
        options.output,
      ),
    );

  program
    .command('explore')
    .description(
      'run a scenario in every order of its steps that makes a difference: what can go wrong, and what cannot',
    )
    .argument('<scenario>', 'a *.scenario.c file')
    .option('--tree <dir>', 'the kernel tree (default: the one around the scenario)')
    .option('--patch <file>', 'explore the source with this patch; again for a series', repeated)
    .option('--define <name=value>', 'override a macro; again for more', repeated)
    .option('--executions <n>', 'give up after so many')
    .option('--seconds <n>', 'give up after so long')
    .option('--preemptions <n>', 'only orders with at most so many switches from a thread that could go on')
    .option(
      '--memory <model>',
      "sc: sequential consistency; weak: the kernel's memory model, but for load buffering",
      'sc',
    )
    .option(
      '--resume <file>',
      'go on from this file where it is there; what is left when it is stopped is written there',
    )
    .option('--output <file>', 'write there, not to the terminal')
    .option('--json', 'the versioned document')
    .addHelpText(
      'after',
      `
Exit status: 0 no violation; 1 a violation; 2 it could not be explored to the end. Looked for: the scenario's invariants, bugs
that a run can have (use after free, wrong unlock, sleep in atomic context, …), data races, deadlock. Not looked for yet: lock order, stale
TLB entries. Under weak memory a use after free is only found where it is one in the order of exploration, too.

A witness of the document replays: save its schedule as {"schedule": …} and give it to lockstep run --schedule FILE.`,
    )
    .action((scenario: string, options: ExploreOptions & { output?: string }) =>
      take(
        stoppable(signal =>
          explore(scenario, options, signal, pc.createColors(colours && options.output === undefined)),
        ),
        options.output,
      ),
    );

  program
    .command('litmus')
    .description("run litmus tests in C under the kernel's memory model: never, sometimes, always?")
    .argument('<files...>', '*.litmus files, as in tools/memory-model/litmus-tests')
    .option('--output <file>', 'write there, not to the terminal')
    .option('--json', 'the versioned document')
    .addHelpText(
      'after',
      `
The model is built in, after linux-kernel.cat of 6.1; load buffering (a read that reads what comes of it) is left out, and tests that
could show it are marked. Exit status: 1 when a verdict is not what the test's comment ("Result: Never") says, 2 when a test could
not be run.`,
    )
    .action((files: string[], options: LitmusOptions & { output?: string }) =>
      take(
        stoppable(signal => litmus(files, options, signal, pc.createColors(colours && options.output === undefined))),
        options.output,
      ),
    );

  program
    .command('why')
    .description('for every line that a patch adds: what breaks when it is left out?')
    .argument('<scenario>', 'a *.scenario.c file')
    .option('--tree <dir>', 'the kernel tree (default: the one around the scenario)')
    .option('--patch <file>', 'the patch; again for a series', repeated)
    .option('--define <name=value>', 'override a macro; again for more', repeated)
    .option(
      '--lines <file:first-last>',
      'ask about these lines as they are, not about a patch; again for more',
      repeated,
    )
    .option('--weaken', 'put weaker operations in the place of added ones too: read locks, GFP_ATOMIC, smp_wmb()')
    .option('--executions <n>', 'give one variant up after so many')
    .option('--seconds <n>', 'give one exploration up after so long (default: 30)')
    .option('--preemptions <n>', 'only orders with at most so many switches from a thread that could go on')
    .option(
      '--memory <model>',
      "sc: sequential consistency; weak: the kernel's memory model, but for load buffering",
      'sc',
    )
    .option('--save <dir>', 'write the variants that break there, as patches, with their witnesses')
    .option('--output <file>', 'write there, not to the terminal')
    .option('--json', 'the versioned document')
    .addHelpText(
      'after',
      `
Left out are one statement, condition, lock with its unlock, or replaced line at a time, from the source as the patch leaves it. "No effect
found" holds for this scenario, within the scope that is printed. Under sequential consistency barriers do nothing; --memory weak asks
about them, and its witnesses do not replay.

A variant replays: lockstep run SCENARIO --patch PATCH --patch DIR/F-12.patch --schedule DIR/F-12.json`,
    )
    .action((scenario: string, options: WhyOptions & { output?: string }) =>
      take(
        stoppable(signal => why(scenario, options, signal, pc.createColors(colours && options.output === undefined))),
        options.output,
      ),
    );

  program
    .command('index')
    .description('build or refresh the index of a tree: every symbol, call and stored function by name; prints counts')
    .argument('<dir>', 'the top of the tree')
    .option('--folder <path>', 'only this folder of it; again for more', repeated)
    .option('--no-cache', 'read everything, keep nothing')
    .option('--json', 'the versioned document')
    .action((dir: string, options: IndexOptions) => take(stoppable(signal => index(dir, options, signal))));
  return program;
}

// A reader that has seen enough (`| head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

void main(process.argv.slice(2)).then(code => {
  process.exitCode = code;
});
