import type { Colors } from './contractText.ts';
import type { LitmusDocument } from './documents.ts';

type Test = LitmusDocument['tests'][number];

/** A line for each test: whether the verdict is what the test says of itself, and what it is to be taken with. */
export function litmusText({ model, tests }: LitmusDocument, colors?: Colors): string {
  const red = colors?.red ?? String;
  const width = Math.max(...tests.map(t => t.name.length));
  const lines = tests.map(test => {
    const verdict = test.error === undefined ? said(test) : red(test.error);
    const differs = isOther(test) ? red(`  its comment says ${test.expected}`) : '';
    const flags = test.flags.length > 0 ? `  (${test.flags.join(', ')})` : '';
    return `${test.name.padEnd(width)}  ${verdict}${differs}${flags}`;
  });
  const answered = tests.filter(t => t.error === undefined);
  const same = answered.filter(t => t.expected !== undefined && !isOther(t)).length;
  const stated = answered.filter(t => t.expected !== undefined).length;
  return `${lines.join('\n')}\n\n${tests.length} tests, ${same} of ${stated} as their comments say; ${model}\n`;
}

const said = ({ verdict, positive, negative, states }: Test): string =>
  `${verdict!.padEnd(9)}  ${positive} of ${positive + negative} executions, ${states} ${states === 1 ? 'state' : 'states'}`;

/** The verdict is not what the test says of itself. */
export const isOther = ({ verdict, expected }: Test): boolean =>
  verdict !== undefined && expected !== undefined && verdict !== expected;
