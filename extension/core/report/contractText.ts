import type {
  CalledWith,
  ContextNeed,
  ExitFact,
  ExitWay,
  FunctionContract,
  LockFact,
  ReturnClass,
} from './documents.ts';

/** Colours of a terminal; the default leaves text as it is. */
export interface Colors {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
}

const plain: Colors = { bold: t => t, dim: t => t, red: t => t, yellow: t => t };

/** Locks listed in a hover before the rest is only counted. */
const MOST = 6;

/** One lock with every place that takes it. */
interface Group {
  readonly lock: string;
  readonly mode: string;
  readonly maybe: boolean;
  readonly facts: readonly LockFact[];
}

/**
 * The contract as Markdown for a hover: the kernel's words, each lock with the line that takes it as a link.
 *
 * `link` gives a URI that reveals the fact's position.
 */
export function contractMarkdown(contract: FunctionContract, link: (fact: LockFact) => string): string {
  const at = (fact: LockFact) => `[${fact.line}](${link(fact)})`;
  const lines = sections(contract).map(({ label, groups, most }) => {
    const shown = groups.slice(0, most).map(group => {
      const places = distinctLines(group.facts).map(at).join(', ');
      return `${group.maybe ? 'perhaps ' : ''}\`${group.lock}\`${mode(group)} · line ${places}${through(group.facts[0]!)}`;
    });
    const more = groups.length > most ? [`and ${groups.length - most} more`] : [];
    return `**${label}** ${[...shown, ...more].join('; ')}`;
  });
  for (const need of contract.needs) lines.push(`**needs** ${NEEDS[need.context]} · line ${at(need)}${through(need)}`);
  lines.push(
    contract.sleepsAt
      ? `**may sleep**${contract.sleepsAt.maybe ? ' if the gfp mask allows it' : ''} · line ${at(contract.sleepsAt)} \`${chain(contract.sleepsAt)}\``
      : contract.unknown.length
        ? `no sleep found${called(contract)}`
        : `does not sleep${called(contract)}`,
  );
  if (contract.unknown.length) lines.push(`**not followed** ${list(contract.unknown, MOST, name => `\`${name}\``)}`);
  const body = lines.join('  \n');
  return exitsDiffer(contract) ? `${body}\n\n${exitTable(contract, at)}` : body;
}

/** The contract for a terminal, one fact to a line. Ends with a newline. */
export function contractText(contract: FunctionContract, color: Colors = plain): string {
  const out = [`${color.bold(contract.name)} ${color.dim(`${contract.file}:${contract.line}`)}`];
  const row = (label: string, text: string) => out.push(`  ${label.padEnd(10)} ${text}`);
  for (const { label, groups } of sections(contract)) {
    groups.forEach((group, i) => {
      const places = distinctLines(group.facts)
        .map(fact => `:${fact.line}`)
        .join(' ');
      const text = `${group.maybe ? 'perhaps ' : ''}${color.bold(group.lock)}${mode(group)} ${color.dim(`${places} ${chain(group.facts[0]!)}`)}`;
      row(i === 0 ? label : '', text);
    });
  }
  contract.needs.forEach((need, i) => {
    row(i === 0 ? 'needs' : '', `${NEEDS[need.context]} ${color.dim(`:${need.line} ${chain(need)}`)}`);
  });
  if (contract.atomic) row('called', 'in atomic context');
  if (contract.sleepsAt) {
    const when = contract.sleepsAt.maybe ? ' if the gfp mask allows it' : '';
    row(
      'may sleep',
      `${color.yellow(`yes${when}`)} ${color.dim(`:${contract.sleepsAt.line} ${chain(contract.sleepsAt)}`)}`,
    );
  } else row('may sleep', contract.unknown.length ? 'not found to' : 'no');
  for (const exit of exitsDiffer(contract) ? contract.exits : []) {
    const [first, ...more] = exitTexts(exit, name => name);
    row(`exit :${exit.line}`, first ?? exit.kind);
    for (const text of more) row('', text);
  }
  if (contract.calledWith) row('callers', calledWithText(contract.calledWith, color));
  if (contract.primitives.length) row('primitives', contract.primitives.join(' '));
  if (contract.unknown.length) row('unknown', color.red(contract.unknown.join(' ')));
  return `${out.join('\n')}\n`;
}

/** Locks that only some callers hold are named up to so many, and the rest counted; none of a longer name. */
const MOST_SOME = 3;
const LONGEST_SOME = 60;

/** What all callers hold, and what only some; of a function that nobody is known to call, that. */
function calledWithText({ callers, sites, incomplete, locks }: CalledWith, color: Colors): string {
  if (sites === 0) return incomplete ? 'none that could be followed' : 'none found';
  const name = (l: CalledWith['locks'][number]) => `${color.bold(l.lock)}${l.mode === 'read' ? ' (read)' : ''}`;
  const all = locks.filter(l => l.sites === sites);
  const some = locks.filter(l => l.sites < sites);
  const named = some.filter(l => l.lock.length <= LONGEST_SOME).slice(0, MOST_SOME);
  const rest = some.length - named.length;
  const held = [
    all.length ? `all hold ${all.map(name).join(', ')}` : 'no lock is held by all',
    ...named.map(l => `${l.sites} of ${sites} ${name(l)}`),
    ...(rest ? [`${rest} more by some`] : []),
  ];
  const calls = `${sites} call${sites === 1 ? '' : 's'} in ${callers} function${callers === 1 ? '' : 's'}`;
  return `${held.join('; ')} ${color.dim(`(${calls}${incomplete ? ', of more' : ''})`)}`;
}

function sections(c: FunctionContract): { label: string; groups: readonly Group[]; most: number }[] {
  const takes = grouped(c.takes).sort((a, b) => nearness(a) - nearness(b));
  return [
    { label: 'requires', groups: grouped(c.requires), most: MOST },
    { label: 'acquires', groups: grouped(c.acquires), most: MOST },
    { label: 'releases', groups: grouped(c.releases), most: MOST },
    { label: 'takes', groups: takes, most: MOST },
  ].filter(section => section.groups.length > 0);
}

const nearness = (group: Group): number => Math.min(...group.facts.map(fact => fact.via.length));

function grouped(facts: readonly LockFact[]): Group[] {
  const groups = new Map<string, LockFact[]>();
  for (const fact of facts) {
    const key = `${fact.lock} ${fact.mode}`;
    const group = groups.get(key);
    if (group) group.push(fact);
    else groups.set(key, [fact]);
  }
  return [...groups.values()].map(list => ({
    lock: list[0]!.lock,
    mode: list[0]!.mode,
    maybe: list.every(fact => fact.maybe === true),
    facts: list,
  }));
}

function distinctLines(facts: readonly LockFact[]): LockFact[] {
  return facts.filter((fact, i) => facts.findIndex(other => other.line === fact.line) === i);
}

/** Read holds are said; write is what a lock is by itself, and is said only of locks that have both. */
function mode(group: Group): string {
  // Asked without a mode: whatever the lock's own is will do.
  if (
    group.facts.every(fact =>
      /^(?:lockdep_assert_held(?:_once)?|lockdep_is_held|assert_spin_locked)$/.test(fact.primitive),
    )
  )
    return '';
  const both = /^(down_|up_|downgrade_|percpu_|read_|write_|lockdep_assert_held_)/.test(group.facts[0]!.primitive);
  return group.mode === 'read' ? ' (read)' : both ? ' (write)' : '';
}

function through(fact: LockFact): string {
  if (fact.via.length === 0) return '';
  return fact.via.length < 3 ? ` via \`${fact.via.join(' → ')}\`` : ` via \`${fact.via[0]} → … → ${fact.via.at(-1)}\``;
}

const chain = (fact: LockFact): string => [...fact.via, fact.primitive].join(' → ');

function list(names: readonly string[], most: number, show: (name: string) => string): string {
  const shown = names.slice(0, most).map(show).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

const NEEDS: Readonly<Record<ContextNeed, string>> = {
  'irqs-off': 'interrupts off',
  'irqs-on': 'interrupts on',
  hardirq: 'to be in an interrupt handler',
  'no-hardirq': 'not to be in an interrupt handler',
  softirq: 'softirqs off, or to be in one',
  'preempt-off': 'preemption off',
  'preempt-on': 'preemption on',
  'rcu-reader': 'to be in an RCU read-side section',
};

const called = (c: FunctionContract): string => (c.atomic ? ' · called in atomic context' : '');

/** Exits that agree need no table. */
function exitsDiffer(c: FunctionContract): boolean {
  const ways = c.exits.filter(e => e.kind !== 'noreturn').flatMap(e => e.ways);
  return new Set(ways.map(way => wayEffect(way, name => name))).size > 1;
}

const RETURNS: Readonly<Record<ReturnClass, string>> = {
  error: 'an error',
  zero: '0',
  positive: 'a positive value',
  nonzero: 'nonzero',
  null: 'NULL',
  pointer: 'a pointer',
  false: 'false',
  true: 'true',
};

/** Of two classes that have a name together, that name; nothing of a value that can be anything. */
function valueText(returns: readonly ReturnClass[]): string {
  const has = (...classes: ReturnClass[]) => classes.every(c => returns.includes(c));
  if (returns.length === 0 || returns.length > 2 || has('true', 'false') || has('zero', 'nonzero')) return '';
  if (has('error', 'pointer')) return ' non-NULL';
  if (has('error', 'positive')) return ' nonzero';
  return ` ${returns.map(r => RETURNS[r]).join(' or ')}`;
}

/** One text for each way out; a value that can be anything is not spelled out. */
function exitTexts(exit: ExitFact, show: (lock: string) => string): string[] {
  return exit.ways.map(way => {
    const value = valueText(way.returns ?? []);
    return `${exit.kind}${value}${wayEffect(way, show)}`;
  });
}

function wayEffect(way: ExitWay, show: (lock: string) => string): string {
  const name = (fact: LockFact) =>
    `${fact.maybe ? 'perhaps ' : ''}${show(fact.lock)}${fact.mode === 'read' ? ' (read)' : ''}`;
  const held = way.held.length ? `, holds ${way.held.map(name).join(', ')}` : '';
  const released = way.released.length ? `, has released ${way.released.map(name).join(', ')}` : '';
  return held + released + contextText(way) || ', as at entry';
}

/** Interrupts and softirqs; that a spinlock turns preemption off goes without saying. */
function contextText({ context }: ExitWay): string {
  const { interrupts, bottomHalves } = context ?? {};
  const irqs =
    interrupts === 'restored' ? ', interrupts as its flags say' : interrupts ? `, interrupts ${interrupts}` : '';
  return irqs + (bottomHalves ? `, softirqs ${bottomHalves}` : '');
}

function exitTable(c: FunctionContract, at: (fact: LockFact) => string): string {
  const rows = c.exits.flatMap(exit => {
    const where: LockFact = {
      file: exit.file,
      line: exit.line,
      column: exit.column,
      lock: '',
      mode: 'write',
      primitive: '',
      via: [],
    };
    return exitTexts(exit, lock => `\`${lock}\``).map((text, i) => `| ${i === 0 ? at(where) : ''} | ${text} |`);
  });
  return ['| line | exit |', '| --- | --- |', ...rows].join('\n');
}
