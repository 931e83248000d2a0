import { createTwoFilesPatch } from 'diff';
import { judgedNames } from '../../locks/barriers/vocabulary.ts';
import type { VerdictDocument, Violation, WhyDocument, WhyLine } from '../../report/documents.ts';
import { InputError, type SourceTree } from '../../text/source.ts';
import { differing } from '../../translate/versions.ts';
import { exploreSimulation } from '../explorer.ts';
import { type ScenarioRequest, Simulation } from '../simulate.ts';
import { changesOf } from './changes.ts';
import { type PatchedFile, type Unit, unitsOf, without } from './units.ts';

export interface WhyRequest extends Omit<ScenarioRequest, 'tree'> {
  readonly before: SourceTree;
  /** The tree as the patch leaves it. */
  readonly after: SourceTree;
  /** Paths that the patch changes. */
  readonly files: readonly string[];
  /** Lines that are asked about as if the patch had added them; then no others are. 1-based, both included. */
  readonly lines?: readonly { readonly file: string; readonly first: number; readonly last: number }[];
  /** How the patch is called. */
  readonly patch: string;
  /** At most so many preemptions; none given: all orders, after those with few. */
  readonly preemptions?: number;
  /** `weak`: under the kernel's memory model, where barriers matter. `sc` if not given. */
  readonly memory?: 'sc' | 'weak';
  /** Executions and seconds after which one exploration is given up. */
  readonly executions?: number;
  readonly seconds?: number;
  /** Replace operations in added lines by weaker ones too. */
  readonly weaken?: boolean;
  readonly signal?: AbortSignal;
  /** Called before each variant. */
  readonly progress?: (done: number, total: number, what: string) => void;
}

interface Outcome {
  readonly effect: WhyLine['effect'];
  readonly reason: string;
  readonly executions: number;
  readonly lines: readonly number[];
  readonly scope?: string;
  readonly violation?: Violation;
  readonly variant?: string;
}

/** Orders with so few preemptions are explored first: a violation is found soon, and its witness is short. */
const FEW = [0, 1, 2];
const SECONDS = 30;

/**
 * Leaves out what a patch adds, one statement, condition, pair of lock and unlock, or replaced line at a time, and explores: what
 * breaks? Lines keep their numbers in every variant.
 *
 * @throws InputError as `Simulation.load` does for the patched source; a patch that adds nothing
 */
export async function whyLines(request: WhyRequest): Promise<WhyDocument> {
  const paths = request.lines ? [...new Set(request.lines.map(l => l.file))] : request.files;
  const files = await Promise.all(paths.filter(f => /\.[ch]$/.test(f)).map(f => fileOf(request, f)));
  const units = files.flatMap(f => f.units);
  if (files.every(f => f.added.length === 0))
    throw new InputError(`${request.patch}: it adds no line of C, so there is none to ask about`, {
      file: request.patch,
    });
  const asker = new Asker(request, files, await loaded(request, request.after));
  const base = await asker.base();
  const outcomes = new Map<Unit, Outcome>();
  let stopped: string | undefined;
  for (const [i, unit] of units.entries()) {
    if (request.signal?.aborted) {
      stopped = `stopped after ${i} of ${units.length}`;
      break;
    }
    request.progress?.(i, units.length, `${unit.file}:${unit.lines[0]} without ${unit.what}`);
    outcomes.set(unit, await asker.ask(unit, units));
  }
  return {
    version: 1,
    scenario: base.scenario,
    scenarioFile: base.scenarioFile,
    source: base.source,
    patch: request.patch,
    memory: request.memory ?? 'sc',
    base,
    lines: files.flatMap(f => linesOf(f, outcomes, stopped)),
    weakened: [...outcomes]
      .filter(([u]) => u.kind === 'weakened')
      .map(([unit, outcome]) => weakLine(unit, outcome, files)),
    executions: asker.executions,
    variants: asker.variants,
    ...(stopped === undefined ? {} : { stopped }),
  };
}

const loaded = (request: WhyRequest, tree: SourceTree): Promise<Simulation> =>
  Simulation.load({ ...request, tree, tracks: request.memory === 'weak' });

async function fileOf({ before, after, weaken, lines }: WhyRequest, file: string): Promise<PatchedFile> {
  const textOf = async (tree: SourceTree): Promise<string | undefined> => {
    const bytes = await tree.read(file);
    return bytes && new TextDecoder().decode(bytes);
  };
  const text = await textOf(after);
  if (!lines) return unitsOf(file, text ?? '', changesOf((await textOf(before)) ?? '', text ?? ''), weaken === true);
  if (text === undefined) throw new InputError(`${file}: there is no such file in ${after.label}`, { file });
  const all = text.split('\n');
  const asked = lines
    .filter(l => l.file === file)
    .map(({ first, last }) => {
      if (first < 1 || last < first || last > all.length)
        throw new InputError(`${file}: it has no lines ${first}-${last}, but ${all.length}`, { file });
      return { line: first, removed: [], added: all.slice(first - 1, last) };
    });
  return unitsOf(file, text, asked, weaken === true);
}

class Asker {
  executions = 0;
  variants = 0;
  private known = new Set<string>();
  private unmodelled: ReadonlySet<string>;

  constructor(
    private readonly request: WhyRequest,
    private readonly files: readonly PatchedFile[],
    private readonly whole: Simulation,
  ) {
    this.unmodelled = unmodelledIn(whole);
  }

  /** The patch as it is: what goes wrong with it counts for no line. */
  async base(): Promise<VerdictDocument> {
    const verdict = await exploreSimulation(this.whole, this.limits());
    this.known = new Set(verdict.violations.map(keyOf));
    return verdict;
  }

  async ask(unit: Unit, all: readonly Unit[]): Promise<Outcome> {
    const alone = await this.leave([unit]);
    if (typeof alone !== 'string')
      return alone.effect === 'no-effect' && this.request.memory !== 'weak' && this.isBarrier(unit)
        ? { ...alone, reason: `${alone.reason}, but a barrier does nothing under sequential consistency` }
        : alone;
    const users = this.usersOf(unit, all);
    if (users.length > 0) {
      const together = await this.leave([unit, ...users]);
      if (typeof together !== 'string') {
        const others = [...new Set(users.flatMap(u => u.lines))]
          .filter(l => !unit.lines.includes(l))
          .sort((a, b) => a - b);
        return { ...together, reason: `with ${lineList(others)}, which it belongs to: ${together.reason}` };
      }
    }
    return { effect: 'not-alone', reason: alone, executions: 0, lines: unit.lines };
  }

  /** The smallest units that together have all uses of what a unit declares; not those that it stands in itself. */
  private usersOf(unit: Unit, all: readonly Unit[]): Unit[] {
    const names = unit.declares.filter(name => name !== '');
    if (names.length === 0) return [];
    const candidates = all
      .filter(
        other =>
          other !== unit &&
          other.kind !== 'weakened' &&
          isWithin(other, unit) &&
          (other.kind !== 'top' || unit.kind === 'top' || unit.kind === 'lines') &&
          !unit.lines.every(line => other.file === unit.file && other.lines.includes(line)),
      )
      .sort((a, b) => sizeOf(a) - sizeOf(b));
    const uses = new RegExp(`\\b(?:${names.join('|')})\\b`, 'g');
    const covered = new Set<string>();
    return candidates.filter(({ file, edits }) => {
      const { text } = this.files.find(f => f.file === file)!;
      const found = edits.flatMap(e =>
        [...text.slice(e.from, e.to).matchAll(uses)].map(m => `${file} ${e.from + m.index}`),
      );
      const isNew = found.some(place => !covered.has(place));
      for (const place of found) covered.add(place);
      return isNew;
    });
  }

  /** What comes of leaving units out; why it cannot be done, where it cannot. */
  private async leave(units: readonly Unit[]): Promise<Outcome | string> {
    const lines = [...new Set(units.flatMap(u => u.lines))].sort((a, b) => a - b);
    const texts = new Map(
      this.files
        .filter(f => units.some(u => u.file === f.file))
        .map(f => [
          f.file,
          without(
            f.text,
            units.filter(u => u.file === f.file),
          ),
        ]),
    );
    let simulation: Simulation;
    try {
      simulation = await loaded(this.request, over(this.request.after, texts));
    } catch (error) {
      if (error instanceof InputError) return `it does not compile without it: ${error.message}`;
      throw error;
    }
    const lost = [...unmodelledIn(simulation)].filter(name => !this.unmodelled.has(name));
    if (lost.length > 0) return `it does not compile without it: ${lost[0]}`;
    if (differing(this.whole.versions, simulation.versions).length === 0)
      return { effect: 'no-effect', reason: 'what the scenario runs is the same without it', executions: 0, lines };
    return this.explore(simulation, lines, texts);
  }

  private async explore(
    simulation: Simulation,
    lines: readonly number[],
    texts: ReadonlyMap<string, string>,
  ): Promise<Outcome> {
    this.variants++;
    const before = this.executions;
    const isNew = (v: Violation): boolean => !this.known.has(keyOf(v));
    const most = this.request.preemptions;
    let last: VerdictDocument | undefined;
    const weak = this.request.memory === 'weak';
    for (const bound of weak ? [undefined] : [...FEW.filter(n => most === undefined || n < most), most]) {
      // A race says that anything may happen; what does happen says more.
      const limits = { ...this.limits(), until: (v: Violation) => isNew(v) && !isRace(v) };
      last = await exploreSimulation(simulation, bound === undefined ? limits : { ...limits, preemptions: bound });
      this.executions += last.executions;
      const violation = last.violations
        .filter(isNew)
        .sort((a, b) => Number(isRace(a)) - Number(isRace(b)) || a.switches - b.switches || a.steps - b.steps)[0];
      if (violation && (!isRace(violation) || bound === most)) {
        const reason = reasonOf(violation);
        const executions = this.executions - before;
        return { effect: 'needed', reason, executions, lines, violation, variant: this.patchTo(texts) };
      }
      if (this.request.signal?.aborted) break;
    }
    const scope = last!.complete
      ? `all ${last!.executions} executions`
      : `${last!.executions} executions (${last!.stopped ?? 'not all'})`;
    return {
      effect: 'no-effect',
      reason: `nothing found in ${scope}`,
      scope,
      executions: this.executions - before,
      lines,
    };
  }

  private limits() {
    const { signal, executions, seconds = SECONDS } = this.request;
    const { preemptions } = this.request;
    return {
      seconds,
      memory: this.request.memory ?? 'sc',
      ...(executions === undefined ? {} : { executions }),
      ...(preemptions === undefined ? {} : { preemptions }),
      ...(signal ? { signal } : {}),
    };
  }

  private patchTo(texts: ReadonlyMap<string, string>): string {
    return this.files
      .flatMap(f => {
        const text = texts.get(f.file);
        return text === undefined ? [] : [createTwoFilesPatch(`a/${f.file}`, `b/${f.file}`, f.text, text)];
      })
      .join('');
  }

  private isBarrier(unit: Unit): boolean {
    return unit.kind === 'statement' && [...this.names(unit)].some(name => judgedNames.includes(name));
  }

  /** Names in what a unit has in the text. */
  private names(unit: Unit): ReadonlySet<string> {
    const { text } = this.files.find(f => f.file === unit.file)!;
    return new Set(unit.edits.flatMap(e => text.slice(e.from, e.to).match(/[A-Za-z_]\w*/g) ?? []));
  }
}

/** Whether a unit stands where the names that another declares are known. */
const isWithin = (user: Unit, { within, file }: Unit): boolean =>
  within === undefined || (user.file === file && user.edits.every(e => e.from >= within.from && e.to <= within.to));

const isRace = ({ invariant }: Violation): boolean => invariant === 'data race';

/** The violation in words; messages that begin with the invariant's own words stand for both. */
function reasonOf({ invariant, message }: Violation): string {
  if (message.startsWith('it does not hold')) return `violated: ${invariant}`;
  return message.startsWith(invariant) ? message : `${invariant}: ${message}`;
}

const keyOf = ({ invariant, file, line }: Violation): string => `${invariant} ${file}:${line}`;

/** What a program calls and has no model of, with the reason. */
function unmodelledIn({ program }: Simulation): Set<string> {
  const found = new Set<string>();
  for (const fn of program.functions) {
    for (const [name, why] of fn.uses.unmodelled) found.add(`${name}: ${why}`);
    if (fn.failure !== undefined) found.add(`${fn.name}: ${fn.failure}`);
  }
  return found;
}

function over(tree: SourceTree, texts: ReadonlyMap<string, string>): SourceTree {
  const encoder = new TextEncoder();
  return {
    label: tree.label,
    list: path => tree.list(path),
    read: async path => {
      const text = texts.get(path);
      return text === undefined ? tree.read(path) : encoder.encode(text);
    },
  };
}

/** A verdict for each added line: of the smallest thing that it is part of. */
function linesOf(file: PatchedFile, outcomes: ReadonlyMap<Unit, Outcome>, stopped: string | undefined): WhyLine[] {
  return file.added.flatMap(({ line, text, trivial }): WhyLine[] => {
    const at = { file: file.file, line, text: text.trim() };
    if (trivial !== undefined) return [{ ...at, effect: 'no-effect', reason: trivial, lines: [line], executions: 0 }];
    const of = [...outcomes]
      .filter(([unit]) => unit.file === file.file && unit.kind !== 'weakened' && unit.lines.includes(line))
      .sort(([a], [b]) => sizeOf(a) - sizeOf(b));
    const [first] = of;
    if (first) {
      const [unit, outcome] = first;
      const reason = outcome.effect === 'not-alone' ? outcome.reason : `without ${unit.what}: ${outcome.reason}`;
      return [{ ...at, ...outcome, reason }];
    }
    if (stopped !== undefined) return [];
    return [
      {
        ...at,
        effect: 'not-alone',
        reason: 'it is part of a larger thing that was there before',
        lines: [line],
        executions: 0,
      },
    ];
  });
}

/** Characters that it takes away. */
const sizeOf = (unit: Unit): number => unit.edits.reduce((sum, e) => sum + e.to - e.from, 0);

function weakLine(unit: Unit, outcome: Outcome, files: readonly PatchedFile[]): WhyLine {
  const line = unit.lines[0]!;
  const text =
    files
      .find(f => f.file === unit.file)
      ?.added.find(a => a.line === line)
      ?.text.trim() ?? '';
  return { file: unit.file, line, text, ...outcome, reason: `${unit.what}: ${outcome.reason}` };
}

function lineList(lines: readonly number[]): string {
  const shown = lines.slice(0, 4).join(', ');
  return `${lines.length === 1 ? 'line' : 'lines'} ${shown}${lines.length > 4 ? ', …' : ''}`;
}
