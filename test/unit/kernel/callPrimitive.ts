import type { Primitive } from '../../../extension/core/kernel/primitive.ts';
import type { EventSink } from '../../../extension/core/machine/events.ts';
import { Machine } from '../../../extension/core/machine/machine.ts';
import type { MachineThread } from '../../../extension/core/machine/thread.ts';

/** A machine whose threads call primitives by hand; what they tell is in `events`, `kind text` or `stream text`. */
export class Bench {
  readonly events: string[] = [];
  readonly machine: Machine;
  readonly k: MachineThread;
  /** Visible steps that the latest call took. */
  steps = 0;

  constructor(private readonly primitives: readonly Primitive[]) {
    const ignore = (): undefined => undefined;
    const sink: EventSink = {
      clock: 0,
      allReads: false,
      read: ignore,
      write: ignore,
      lock: ignore,
      unmodelled: ignore,
      note: (_k, kind, _line, text) => void this.events.push(`${kind} ${text}`),
      output: (_k, _line, stream, text) => void this.events.push(`${stream} ${text}`),
    };
    this.machine = new Machine({ sink });
    this.k = this.machine.thread('t0');
  }

  /** Shared memory of `size` bytes, zeroed. */
  shared(size: number): number {
    return this.machine.defineGlobal('shared', size, 16, { const: false });
  }

  /** Shared memory with a string in it. */
  text(bytes: string): number {
    const at = this.shared(bytes.length + 1);
    for (let i = 0; i < bytes.length; i++) this.machine.poke(at + i, 'u8', bytes.charCodeAt(i));
    return at;
  }

  constant(bytes: string): number {
    return this.machine.string(bytes);
  }

  bytes(p: number, size: number): number[] {
    return [...this.machine.memory.readBytes(p, size)];
  }

  /** Calls a primitive to its end, on line 1 unless `line` was set; `between` runs before each of its visible steps. */
  call(
    name: string,
    args: readonly unknown[],
    options: { between?: () => void; k?: MachineThread; line?: number } = {},
  ): unknown {
    const primitive = this.primitives.find(p => p.name === name);
    if (primitive === undefined) throw new Error(`no primitive ${name}`);
    const run = primitive.run as unknown as (k: MachineThread, ...args: unknown[]) => unknown;
    const result = run(options.k ?? this.k, ...args, options.line ?? 1);
    this.steps = 0;
    if (!primitive.visible) return result;
    const steps = result as Generator<undefined, unknown, undefined>;
    for (;;) {
      const next = steps.next();
      if (next.done) return next.value;
      this.steps++;
      options.between?.();
    }
  }
}
