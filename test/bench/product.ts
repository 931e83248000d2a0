import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DiskTree } from '../../extension/cli/diskTree.ts';
import { Simulation } from '../../extension/core/explore/simulate.ts';
import type { Figure } from './syntax.ts';

const root = join(__dirname, '../..');
const ROUNDS = 5;

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

function processes(args: readonly string[]): number {
  return median(
    Array.from({ length: ROUNDS }, () => {
      const began = performance.now();
      execFileSync(process.execPath, args, { cwd: root });
      return performance.now() - began;
    }),
  );
}

/** What users wait for and download: the demo, one run of the scenario from real source, the package. */
export async function bench(): Promise<Figure[]> {
  const figures: Figure[] = [];
  if (existsSync(join(root, 'dist/cli.cjs')))
    figures.push({
      name: 'lockstep demo, a process of its own',
      figure: processes(['dist/cli.cjs', 'demo']),
      unit: 'ms',
      reference: 'start of an empty node process',
      referenceFigure: processes(['-e', '']),
    });
  const kernel = process.env.KERNEL_TREE;
  if (kernel) {
    const scenario = 'extension/scenarios/vmemmap-split.scenario.c';
    const scenarioText = readFileSync(join(root, scenario), 'utf8');
    const simulation = await Simulation.load({ tree: new DiskTree(kernel), scenario, scenarioText });
    const times: number[] = [];
    let steps = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const began = performance.now();
      const trace = await simulation.run({ schedule: { kind: 'round-robin' } });
      times.push(performance.now() - began);
      steps = trace.end.steps;
    }
    figures.push({
      name: `one run of the scenario, ${steps} steps, 512-entry tables`,
      figure: median(times),
      unit: 'ms',
      reference: 'as many resumptions of an empty generator',
      referenceFigure: resumptions(steps),
    });
  }
  const vsix = join(root, 'dist/lockstep.vsix');
  if (existsSync(vsix))
    figures.push({
      name: 'the .vsix',
      figure: statSync(vsix).size / 1024,
      unit: 'kB',
      reference: 'the two .wasm files in it, unpacked',
      referenceFigure:
        ['web-tree-sitter.wasm', 'tree-sitter-c.wasm'].reduce((n, f) => n + statSync(join(root, 'dist', f)).size, 0) /
        1024,
    });
  return figures;
}

function resumptions(count: number): number {
  function* nothing(): Generator<undefined> {
    for (;;) yield;
  }
  return median(
    Array.from({ length: ROUNDS }, () => {
      const steps = nothing();
      const began = performance.now();
      for (let i = 0; i < count; i++) steps.next();
      return performance.now() - began;
    }),
  );
}
