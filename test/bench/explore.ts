import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DiskTree } from '../../extension/cli/diskTree.ts';
import { type Executable, Touches } from '../../extension/core/explore/dpor/executable.ts';
import { explore } from '../../extension/core/explore/dpor/explore.ts';
import { ScenarioExecutions } from '../../extension/core/explore/executions.ts';
import { Simulation, STEP_LIMIT } from '../../extension/core/explore/simulate.ts';
import { load } from '../support/everySchedule.ts';
import { lastzero, lockers } from '../support/publishedPrograms.ts';
import * as inC from '../support/publishedScenarios.ts';

/** One measured figure beside what it should be compared with, taken in the same run. */
export interface Figure {
  readonly name: string;
  readonly figure: number;
  readonly unit: string;
  readonly reference: string;
  readonly referenceFigure: number;
}

const ROUNDS = 5;

/**
 * What exploration costs, on an interpreter of abstract threads and on the models of C: processor time of one execution, the
 * reduction included, beside running the schedules that it chose from start to end with nothing else.
 */
export async function bench(): Promise<Figure[]> {
  return [
    measure('8 threads of lock, x++, unlock', lockers(8)),
    measure('lastzero(12)', lastzero(12)),
    measure('8 threads of lock, x++, unlock, in C', await settled(await load(inC.lockers(8)))),
    measure('lastzero(12), in C', await settled(await load(inC.lastzero(12)))),
    ...(await vmemmap()),
  ];
}

/** A scenario whose threads' shared memory is known: what is measured is the last exploration, not those before it. */
async function settled(simulation: Simulation): Promise<Executable> {
  const run = new ScenarioExecutions(simulation, STEP_LIMIT);
  do {
    run.sharing.grown = false;
    explore(run, { onExecution: () => !run.sharing.grown });
  } while (run.sharing.grown);
  return run;
}

/** The scenario that the project grew from, where there is a kernel: tables of 512 entries. */
async function vmemmap(): Promise<Figure[]> {
  const kernel = process.env['KERNEL_TREE'];
  if (!kernel) return [];
  const scenario = 'vmemmap-split.scenario.c';
  const scenarioText = readFileSync(join(__dirname, '../../extension/scenarios', scenario), 'utf8');
  const simulation = await Simulation.load({ tree: new DiskTree(kernel), scenario, scenarioText });
  return [measure('two HVO remaps and a ptdump', await settled(simulation))];
}

function measure(name: string, program: Executable): Figure {
  const schedules: Int32Array[] = [];
  const { executions } = explore(program, {
    onExecution: (_, schedule, length) => void schedules.push(schedule.slice(0, length)),
  });
  const touches = new Touches();
  const each = (work: () => void): number => (median(work) * 1e6) / executions;
  return {
    name: `explore: ${name}, each of ${executions.toLocaleString('en')} executions`,
    figure: each(() => explore(program)),
    unit: 'µs',
    reference: 'its schedule, run alone',
    referenceFigure: each(() => {
      for (const schedule of schedules) {
        program.restart();
        for (let i = 0; i < schedule.length; i++) {
          touches.clear();
          program.step(schedule[i]!, touches);
        }
      }
    }),
  };
}

/** Seconds of processor time. */
function median(work: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  });
  return times.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  void bench().then(figures => {
    for (const { name, figure, unit, reference, referenceFigure } of figures)
      console.log(
        `${name}: ${figure.toFixed(2)} ${unit}, ${Math.round(1e6 / figure).toLocaleString('en')} a second; ${reference}: ${referenceFigure.toFixed(2)} ${unit}`,
      );
  });
