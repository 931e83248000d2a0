import type { Ptr } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { perMachine, plain } from '../define.ts';
import { cstringAt } from '../lib/bytes.ts';
import type { Primitive } from '../primitive.ts';

/** All that was printed, of seq_files and of the log. */
const written = perMachine(() => ({ seq: '', printk: '' }));

/** Tells the sink of output, and keeps it for whoever asks later in the run. */
export function write(k: MachineThread, line: number, stream: 'seq' | 'printk', text: string): void {
  written(k)[stream] += text;
  k.around.sink.output(k, line, stream, text);
}

function matches(k: MachineThread, regex: Ptr, line: number): number {
  const pattern = cstringAt(k, regex, line);
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, 'm');
  } catch (error) {
    return k.bug(
      `output_matches: "${pattern}" is no regular expression (${error instanceof Error ? error.message : error})`,
      line,
    );
  }
  const { seq, printk } = written(k);
  return expression.test(seq) || expression.test(printk) ? 1 : 0;
}

/** What a scenario may ask that is not the kernel's: whether what was printed matches a regular expression (JavaScript's, `m`). */
export const writtenPrimitives: readonly Primitive[] = [
  plain('bool output_matches(const char *regex)', 'Lockstep', matches),
];
