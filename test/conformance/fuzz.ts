import { fuzzInput, shrunk } from '../support/fuzz.ts';
import { shapeFault } from '../support/normaliserShape.ts';

/** `npm run fuzz [-- COUNT [SEED [FIRST]]]`: so many texts through the normaliser. */
function main(): number {
  const [count = 1_000_000, seed = Date.now() % 1_000_000, first = 0] = process.argv.slice(2).map(Number);
  const began = performance.now();
  let units = 0;
  console.log(`seed ${seed}: ${count} inputs from number ${first}`);
  for (let n = first; n < first + count; n++) {
    const text = fuzzInput(seed, n);
    units += text.length;
    const fault = shapeFault(text);
    if (fault !== undefined) {
      const small = shrunk(text, t => shapeFault(t) !== undefined);
      console.log(`input ${n} of seed ${seed}: ${fault}\nshrunk: ${JSON.stringify(small)}: ${shapeFault(small)}`);
      return 1;
    }
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `no fault in ${count} inputs, ${units} UTF-16 units, ${seconds.toFixed(0)} s: ${(count / seconds).toFixed(0)} inputs per second`,
  );
  return 0;
}

process.exitCode = main();
