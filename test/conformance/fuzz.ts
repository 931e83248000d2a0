import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fuzzInput, shrunk } from '../support/fuzz.ts';
import { shapeFault } from '../support/normaliserShape.ts';

/** A text that takes longer never ends: none has more than some thousand units. */
const LONGEST = 20_000;
/** Texts between two signs of life. */
const STEP = 500;

/** `npm run fuzz [-- COUNT [SEED [FIRST]]]`: so many texts through the normaliser. */
async function main(): Promise<number> {
  const [count = 1_000_000, seed = Date.now() % 1_000_000, first = 0] = process.argv.slice(2).map(Number);
  const began = performance.now();
  console.log(`seed ${seed}: ${count} inputs from number ${first}`);
  const { next, units, fault } = await watched(seed, first, first + count, STEP);
  if (fault === undefined) {
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `no fault in ${next - first} inputs, ${units} UTF-16 units, ${seconds.toFixed(0)} s: ${(count / seconds).toFixed(0)} inputs per second`,
    );
    return 0;
  }
  if (fault !== ENDLESS) console.log(fault);
  else {
    const { next: endless } = await watched(seed, next, next + STEP, 1);
    console.log(`input ${endless} of seed ${seed} does not end: ${JSON.stringify(fuzzInput(seed, endless))}`);
  }
  return 1;
}

const ENDLESS = 'it does not end';

interface Progress {
  /** The first input that is not known to be done. */
  next: number;
  units: number;
  fault?: string;
}

/** The inputs from `from` up to `to` in a process of its own, which is ended when nothing is heard of it for too long. */
function watched(seed: number, from: number, to: number, step: number): Promise<Progress> {
  const numbers = [seed, from, to, step].map(String);
  const child = spawn(process.execPath, [...process.execArgv, __filename, CHILD, ...numbers], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const progress: Progress = { next: from, units: 0 };
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      progress.fault = ENDLESS;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(stop, LONGEST);
    createInterface({ input: child.stdout }).on('line', line => {
      clearTimeout(timer);
      timer = setTimeout(stop, LONGEST);
      Object.assign(progress, JSON.parse(line));
    });
    child.on('error', reject);
    child.on('close', code => {
      clearTimeout(timer);
      if (code !== 0 && progress.fault === undefined) progress.fault = `the process ended with ${code}`;
      resolve(progress);
    });
  });
}

const CHILD = '--inputs';

function inputs(seed: number, from: number, to: number, step: number): void {
  const say = (progress: Progress): void => void writeSync(1, `${JSON.stringify(progress)}\n`);
  let units = 0;
  for (let n = from; n < to; n++) {
    if ((n - from) % step === 0) say({ next: n, units });
    const text = fuzzInput(seed, n);
    units += text.length;
    const fault = shapeFault(text);
    if (fault === undefined) continue;
    const small = shrunk(text, t => shapeFault(t) !== undefined);
    const shown = `input ${n} of seed ${seed}: ${fault}\nshrunk: ${JSON.stringify(small)}: ${shapeFault(small)}`;
    say({ next: n, units, fault: shown });
    return;
  }
  say({ next: to, units });
}

if (process.argv[2] === CHILD) {
  const [seed = 0, from = 0, to = 0, step = STEP] = process.argv.slice(3).map(Number);
  inputs(seed, from, to, step);
} else
  void main().then(status => {
    process.exitCode = status;
  });
