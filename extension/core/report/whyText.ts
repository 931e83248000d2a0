import type { Colors } from './contractText.ts';
import type { WhyDocument, WhyLine, WriteAt } from './documents.ts';
import { number } from './timeline.ts';
import { summary } from './verdictText.ts';

const WORD = { needed: 'needed', 'no-effect': 'no effect found', 'not-alone': 'not alone' } as const;
/** Kernel mail has lines of at most so many characters. */
const WIDTH = 75;

/** Lines that say nothing by themselves are shown, and not talked about. */
const TRIVIAL = /^(?:an empty line|a comment|brackets of)/;

/** Why each line of a patch is there, as a reviewer would put it into a mail. */
export function whyText(why: WhyDocument, colors?: Colors): string {
  const bold = colors?.bold ?? String;
  const red = colors?.red ?? String;
  const lines = [bold(why.scenario), `${why.patch}: ${summary(why.base)}`];
  for (const v of why.base.violations) lines.push(`  already there: ${v.file}:${v.line}: ${v.invariant}: ${v.message}`);
  for (const file of [...new Set(why.lines.map(l => l.file))]) {
    lines.push('', bold(file));
    const own = why.lines.filter(l => l.file === file);
    const left = Math.max(...own.map(l => String(l.line).length));
    for (const l of own) {
      const head = `${String(l.line).padStart(left)}  `;
      lines.push(head + cut(l.text, WIDTH - head.length));
      if (TRIVIAL.test(l.reason)) continue;
      const word = l.effect === 'needed' ? red(WORD[l.effect]) : WORD[l.effect];
      const rest = verdict(l);
      for (const [i, part] of wrapped(rest, WIDTH - left - 6 - (WORD[l.effect].length + 2)).entries())
        lines.push(`${' '.repeat(left + 4)}${i === 0 ? `${word}: ` : ' '.repeat(WORD[l.effect].length + 2)}${part}`);
    }
  }
  if (why.weakened.length) {
    lines.push('', bold('Weaker operations'));
    for (const l of why.weakened) {
      const word = l.effect === 'needed' ? red('breaks') : WORD[l.effect];
      lines.push(...wrapped(`${l.file}:${l.line}: ${word}: ${verdict(l)}`, WIDTH));
    }
  }
  const full = why.variants * Math.max(1, why.base.executions);
  lines.push(
    '',
    ...wrapped(
      `${number(why.variants)} variants in ${number(why.executions)} executions; each of them in full would be some ${number(full)}. ` +
        `${why.memory === 'sc' ? 'Sequential consistency: barriers do nothing there.' : 'Weak memory: load buffering is left out.'} Not looked for: lock order, stale TLB entries.`,
      WIDTH,
    ),
  );
  if (why.stopped !== undefined) lines.push(why.stopped);
  return `${lines.join('\n')}\n`;
}

function verdict({ reason, violation }: WhyLine): string {
  if (!violation) return reason;
  const { file, line, steps, switches, reads } = violation;
  const place = `${file.split('/').at(-1)}:${line}`;
  if (!reads) return `${reason} (${place}; witness of ${number(steps)} steps, ${number(switches)} switches)`;
  const [read] = reads;
  const at = (write: WriteAt): string => `${write.thread}'s store at ${write.file.split('/').at(-1)}:${write.line}`;
  const missed = read
    ? `; ${read.thread} does not see ${at(read.missed)}${read.seen ? ` but ${at(read.seen)}` : ''}`
    : '';
  return `${reason} (${place}${missed}; witness of ${number(steps)} memory accesses)`;
}

const cut = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

function wrapped(text: string, width: number): string[] {
  const out: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      out.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...out, line];
}
