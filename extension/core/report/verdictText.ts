import type { Colors } from './contractText.ts';
import type { StaleRead, VerdictDocument, WriteAt } from './documents.ts';
import { number } from './timeline.ts';

/** A verdict for a terminal: what was found, and within which scope. */
export function verdictText(verdict: VerdictDocument, colors?: Colors): string {
  const bold = colors?.bold ?? String;
  const red = colors?.red ?? String;
  const { violations } = verdict;
  const lines = [bold(verdict.scenario), `${verdict.patch ? `${verdict.patch}: ` : ''}${summary(verdict)}`];
  for (const v of violations) {
    lines.push(
      '',
      `${v.file}:${v.line}: ${red(v.invariant)}: ${v.message}`,
      `  in ${number(v.executions)} of ${count(verdict.executions, 'execution')}; the shortest witness has ${count(v.steps, v.reads ? 'memory access' : 'step', v.reads ? 'memory accesses' : 'steps')}${v.reads ? '' : `, ${count(v.switches, 'switch', 'switches')}`}`,
    );
    for (const r of v.reads ?? []) lines.push(...staleRead(r));
  }
  if (verdict.unmodelled.length) {
    lines.push('', 'Unmodelled calls, which did nothing and returned 0:');
    for (const u of verdict.unmodelled)
      lines.push(`  ${u.function} at ${u.file}:${u.line}${u.count > 1 ? `, ${number(u.count)} times` : ''}`);
  }
  return `${lines.join('\n')}\n`;
}

/** What a read did not see, and why that is strange. */
function staleRead({ thread, function: name, file, line, location, value, missed, seen }: StaleRead): string[] {
  const at = (write: WriteAt): string =>
    `the store by ${write.thread} in ${write.function}() (${write.file}:${write.line})`;
  return [
    `  ${thread} reads ${location} as ${value} in ${name}() (${file}:${line}): it does not see ${at(missed)}`,
    ...(seen ? [`    though it has seen ${at(seen)}, which comes after that`] : []),
  ];
}

/** The verdict in a sentence that carries its scope. */
export function summary(verdict: VerdictDocument): string {
  const { violations, executions, complete, threads } = verdict;
  const found =
    violations.length > 0
      ? count(violations.length, 'violation')
      : complete
        ? 'no violation'
        : 'no violation found so far';
  const scope = [
    `${count(executions, 'execution')} (${complete ? 'all of them' : (verdict.stopped ?? 'not all')})`,
    count(threads.length, 'thread'),
    verdict.memory === 'sc' ? 'sequential consistency' : 'weak memory (LKMM without load buffering)',
    count(
      verdict.unmodelled.reduce((sum, u) => sum + u.count, 0),
      'unmodelled call',
    ),
  ];
  return `${found} in ${scope.join(', ')}`;
}

const count = (n: number, one: string, many = `${one}s`): string => `${number(n)} ${n === 1 ? one : many}`;
