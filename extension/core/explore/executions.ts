import type { Running } from '../machine/abi.ts';
import type { MachineThread } from '../machine/thread.ts';
import { type Executable, Kind, type Touches } from './dpor/executable.ts';
import { type End, ended, isRunning, type ThreadPart } from './run.ts';
import { ObservedSharing } from './sharing.ts';
import type { Begun, Simulation } from './simulate.ts';
import { TouchSink } from './touchSink.ts';

interface Runner {
  readonly k: MachineThread;
  readonly part: ThreadPart;
  steps: Running | undefined;
  done: boolean;
}

/**
 * A scenario as exploration runs it: again and again from after SETUP, on one machine that is rewound each time.
 *
 * A step is what `Run` takes as one: the visible step that a thread stands before, and on to just before its next. The first
 * leads from the thread's start to its first visible step, and touches nothing.
 */
export class ScenarioExecutions implements Executable {
  readonly threads: number;
  readonly sharing = new ObservedSharing(p => this.begun.machine.memory.read(p, 'u64'));
  readonly sink: TouchSink;
  begun!: Begun;
  /** Of each step so far: how many it would be in a run that knows nothing of what is shared. */
  readonly fine: number[] = [];
  private taken = 0;
  /** How a step has ended the execution. */
  end: End | undefined;
  private readonly runners: Runner[] = [];

  /** @param everything every access to memory that is not a thread's own stack is a step, as in a run: to compare with */
  constructor(
    private readonly simulation: Simulation,
    private readonly stepLimit: number,
    private readonly everything = false,
  ) {
    this.threads = simulation.scenario.threads.length;
    this.sink = new TouchSink(this.sharing, this.threads);
  }

  restart(): void {
    if (this.begun as Begun | undefined) this.begun.machine.rewind();
    else {
      this.begun = this.simulation.begin(this.sink, this.stepLimit);
      this.begun.machine.mark();
      if (!this.everything) this.begun.machine.sharing = this.sharing;
    }
    this.end = undefined;
    this.taken = 0;
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

  isDone(thread: number): boolean {
    return this.runners[thread]!.done;
  }

  isEnabled(thread: number): boolean {
    const { k, done } = this.runners[thread]!;
    return !done && (k.pending?.enabled === undefined || k.pending.enabled());
  }

  step(thread: number, touches: Touches): boolean {
    const runner = this.runners[thread]!;
    const { k } = runner;
    const { sink } = this;
    sink.touches = touches;
    // The thread says of each next step in the same object.
    const { what, address, enabled } = k.pending ?? { what: 'start', address: undefined, enabled: undefined };
    sink.trying = what === 'trylock';
    const before = k.steps - Number(runner.steps === undefined);
    try {
      if (runner.steps === undefined) {
        const begun = runner.part.body(k);
        if (isRunning(begun)) runner.steps = begun;
        else runner.done = true;
      }
      k.pending = undefined;
      if (runner.steps?.next().done) runner.done = true;
    } catch (error) {
      this.end = ended(error, k);
    }
    this.fine[this.taken++] = k.steps - before;
    if (what.startsWith('synchronize_')) sink.readers(enabled !== undefined, k);
    // Something was looked at of which nothing was told: a lock that is asked whether it is held, say.
    if (touches.count === 0 && address !== undefined) touches.add(address, 1, Kind.write);
    return this.end === undefined;
  }

  pending(thread: number, touches: Touches): void {
    const { k } = this.runners[thread]!;
    const wanted = this.begun.machine.locks.wanted.get(k);
    if (wanted) touches.add(wanted.lock.address, 1, wanted.mode === 'read' ? Kind.acquireRead : Kind.acquire);
    else {
      this.sink.touches = touches;
      this.sink.readers(true);
    }
  }

  /** Who waits for what, when nobody can go on. */
  deadlock(): string {
    const waiting = this.runners.filter(r => !r.done).map(r => r.k);
    return this.begun.machine.locks.whoWaits(waiting).join('; ');
  }

  /** Where a thread stands, or has ended. */
  place(thread: number): { file: string; line: number } {
    const { k, part } = this.runners[thread]!;
    const fn = k.function;
    return fn && k.pending ? { file: fn.file, line: k.pending.line } : { file: part.file, line: part.line };
  }
}
