import type { Running } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { Touches } from '../dpor/executable.ts';
import type { Found } from '../found.ts';
import { type End, ended, isRunning, type ThreadPart } from '../run.ts';
import { ObservedSharing } from '../sharing.ts';
import type { Begun, Simulation } from '../simulate.ts';
import { TouchSink } from '../touchSink.ts';
import { executionOf } from './execution.ts';
import { type Event, Graph, isMarked } from './graph.ts';
import { judge } from './lkmm.ts';
import { Forbidden, GraphMemory } from './memory.ts';

interface Runner {
  readonly k: MachineThread;
  readonly part: ThreadPart;
  steps: Running | undefined;
  done: boolean;
}

/** Events of an execution whose relations are built as a whole. */
const MOST_JUDGED = 300;

export type WeakEnd = 'done' | 'blocked' | 'stopped';

/**
 * A scenario's executions under the kernel's memory model, one after another, each consistent graph once: by graphs that are put
 * aside while others are grown (see revisits.ts), on one machine that is rewound each time.
 */
export class WeakExecutions {
  readonly threads: number;
  readonly sharing = new ObservedSharing(p => this.begun.machine.memory.read(p, 'u64'), false);
  readonly sink: TouchSink;
  readonly memory = new GraphMemory();
  begun!: Begun;
  /** How a step has ended the execution. */
  end: End | undefined;
  steps = 0;
  /** Graphs that were grown until they turned out not to be allowed, though others came of them. */
  blocked = 0;
  /** Data races of the execution, by the model's own definition; undefined: it is too large for that to be asked. */
  races: Found[] | undefined;
  private readonly runners: Runner[] = [];

  constructor(
    private readonly simulation: Simulation,
    private readonly stepLimit: number,
  ) {
    this.threads = simulation.scenario.threads.length;
    this.sink = new TouchSink(this.sharing, this.threads);
    this.sink.touches = new Touches();
  }

  /** From the beginning, with nothing put aside. */
  start(): void {
    this.rewind();
    this.memory.restart(new Graph(this.threads));
  }

  private rewind(): void {
    if (this.begun as Begun | undefined) {
      this.begun.machine.weak = undefined;
      this.begun.machine.rewind();
    } else {
      this.begun = this.simulation.begin(this.sink, this.stepLimit);
      this.begun.machine.mark();
      this.begun.machine.sharing = this.sharing;
      this.memory.memory = this.begun.machine.memory;
    }
    this.end = undefined;
    this.sharing.begin();
    this.sink.warnings.length = 0;
    this.sink.races.begin();
    const { machine, threads } = this.begun;
    for (const [i, part] of threads.entries()) {
      const k = machine.thread(part.name, i);
      k.home = part;
      this.runners[i] = { k, part, steps: undefined, done: false };
    }
  }

  /** Runs one execution to its end; undefined: it was not allowed. To be asked only while something is put aside. */
  next(): WeakEnd | undefined {
    const graph = this.memory.take();
    this.rewind();
    this.begun.machine.weak = this.memory;
    this.memory.begin(graph);
    try {
      for (;;) {
        const runner = this.choose();
        if (!runner) break;
        this.step(runner);
        if (this.end) return 'stopped';
      }
    } catch (error) {
      if (!(error instanceof Forbidden)) throw error;
      this.blocked++;
      return undefined;
    } finally {
      this.begun.machine.weak = undefined;
    }
    if (!this.isAllowed()) {
      this.blocked++;
      return undefined;
    }
    if (this.runners.every(r => r.done)) {
      this.memory.show();
      return 'done';
    }
    this.putWaitersFirst();
    return 'blocked';
  }

  /** Threads that have not come by all that is known of them first; then the first that can go on. */
  private choose(): Runner | undefined {
    return (
      this.runners.find(r => this.memory.isKnown(r.k.index) && this.isEnabled(r)) ??
      this.runners.findLast(r => this.isEnabled(r))
    );
  }

  private isEnabled({ k, done }: Runner): boolean {
    if (done || (k.pending?.enabled && !k.pending.enabled())) return false;
    const next = this.memory.isKnown(k.index) ? this.memory.next(k.index) : undefined;
    // Its cause has to run first: locks and the like are kept in that order.
    const from = next && this.memory.graph.from.get(next);
    if (from && from.thread >= 0 && !this.memory.hasPassed(from)) return false;
    return !this.memory.wouldRepeat(k);
  }

  private step(runner: Runner): void {
    const { k } = runner;
    this.steps++;
    this.sink.touches.clear();
    this.sink.trying = k.pending?.what === 'trylock';
    try {
      if (runner.steps === undefined) {
        const begun = runner.part.body(k);
        if (isRunning(begun)) runner.steps = begun;
        else runner.done = true;
      }
      k.pending = undefined;
      if (runner.steps?.next().done) runner.done = true;
    } catch (error) {
      if (error instanceof Forbidden) throw error;
      this.end = ended(error, k);
    }
  }

  /**
   * Asks the axioms themselves, of an execution as a whole, where it is small enough: which accesses race; and whether it is
   * allowed at all, which is known but where plain accesses are ordered by grace periods.
   */
  private isAllowed(): boolean {
    const { graph } = this.memory;
    this.races = undefined;
    if (graph.size > MOST_JUDGED || !graph.added.some(e => !isMarked(e))) return true;
    const { execution, places } = executionOf(graph);
    const { forbidden, races } = judge(execution);
    if (forbidden) return false;
    const events = new Map([...places].map(([e, i]) => [i, e]));
    const { excused } = this.begun.machine;
    this.races = races
      .map(([a, b]) => [events.get(a)!, events.get(b)!] as const)
      .filter(pair => pair.every(e => e.thread >= 0 && !excused.has(`${e.file}:${e.line}`)))
      .map(([a, b]) => this.race(a, b));
    return true;
  }

  private race(a: Event, b: Event): Found {
    const [plain, other] = isMarked(a) ? [b, a] : [a, b];
    const what = (e: Event): string =>
      `${isMarked(e) ? 'marked' : 'plain'} ${e.kind} by ${this.begun.threads[e.thread]!.name}`;
    const location = this.begun.machine.nameOf(plain.location);
    return {
      invariant: 'data race',
      message: `${location}: ${what(plain)}, ${what(other)} at ${other.file}:${other.line}, and nothing orders them`,
      file: plain.file,
      line: plain.line,
    };
  }

  private putWaitersFirst(): void {
    for (const [k, { lock, mode }] of this.begun.machine.locks.wanted)
      this.memory.insteadOfWaiting(k, lock, mode, k.pending?.line ?? 0);
  }

  isDone(thread: number): boolean {
    return this.runners[thread]!.done;
  }

  /** Who waits for what, when nobody can go on. */
  deadlock(): string {
    const waiting = this.runners.filter(r => !r.done).map(r => r.k);
    const lines = this.begun.machine.locks.whoWaits(waiting);
    for (const k of waiting)
      if (this.memory.wouldRepeat(k)) lines.push(`${k.name} reads the same again and again, waiting for another value`);
    return lines.join('; ');
  }

  /** Where a thread stands, or has ended. */
  place(thread: number): { file: string; line: number } {
    const { k, part } = this.runners[thread]!;
    const fn = k.function;
    return fn && k.pending ? { file: fn.file, line: k.pending.line } : { file: part.file, line: part.line };
  }
}
