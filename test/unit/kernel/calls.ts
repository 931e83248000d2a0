import assert from 'node:assert/strict';
import type { Primitive } from '../../../extension/core/kernel/primitive.ts';
import { type EventSink, silentSink } from '../../../extension/core/machine/events.ts';
import { Machine, type MachineOptions } from '../../../extension/core/machine/machine.ts';
import { Stop } from '../../../extension/core/machine/stop.ts';
import type { MachineThread } from '../../../extension/core/machine/thread.ts';

export interface Note {
  readonly kind: string;
  readonly line: number;
  readonly text: string;
  readonly address: number | undefined;
  readonly size: number | undefined;
}

/** A machine whose primitives can be called by name, one after the other, and what they told. */
export class Calls {
  readonly notes: Note[] = [];
  readonly machine: Machine;
  readonly k: MachineThread;

  constructor(
    private readonly primitives: readonly Primitive[],
    options: MachineOptions = {},
  ) {
    const sink: EventSink = {
      ...silentSink(),
      note: (_k, kind, line, text, address, size) => void this.notes.push({ kind, line, text, address, size }),
    };
    this.machine = new Machine({ ...options, sink });
    this.k = this.thread('t0');
  }

  /** A thread that stands in a function of mm/x.c. */
  thread(name: string): MachineThread {
    const k = this.machine.thread(name);
    k.enter({ name: 'f', file: 'mm/x.c', line: 1 }, 0);
    return k;
  }

  /** Starts a call: a generator for a visible primitive, the value for any other. */
  start(k: MachineThread, name: string, ...args: (number | bigint)[]): unknown {
    const found = this.primitives.find(p => p.name === name);
    assert.ok(found, `no primitive ${name}`);
    return (found.run as unknown as (k: MachineThread, ...a: unknown[]) => unknown)(k, ...args);
  }

  /** Calls to the end; the last argument is the line. */
  by(k: MachineThread, name: string, ...args: (number | bigint)[]): unknown {
    return finish(this.start(k, name, ...args));
  }
  call(name: string, ...args: (number | bigint)[]): number {
    return Number(this.by(this.k, name, ...args));
  }

  /** Notes of a kind: `text` of each. */
  told(kind: string): string[] {
    return this.notes.filter(n => n.kind === kind).map(n => n.text);
  }

  read(p: number, k = this.k): number {
    return finish(k.load(p, 'u8', 1)) as number;
  }
  write(p: number, value: number, k = this.k): void {
    finish(k.store(p, 'u8', value, 1));
  }
}

export function finish(started: unknown): unknown {
  if (typeof started !== 'object' || started === null) return started;
  const steps = started as Iterator<unknown>;
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The call is a bug of the run that says so. */
export function assertBug(act: () => unknown, says: RegExp): void {
  assert.throws(act, (e: Error) => {
    assert.ok(e instanceof Stop, String(e));
    assert.match(e.message, says);
    return true;
  });
}
