import type { Callable } from '../machine/abi.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineThread } from '../machine/thread.ts';
import type { Primitive } from './primitive.ts';

/** The name that a C prototype declares: `T READ_ONCE(T &x)` → `READ_ONCE`. */
export function declaredName(signature: string): string {
  const name = /(\w+)\s*\(/.exec(signature)?.[1];
  if (name === undefined) throw new Error(`no C prototype: ${signature}`);
  return name;
}

// A primitive's own parameters follow its signature, which the type system cannot see.
type Run<R> = (k: MachineThread, ...args: never[]) => R;

/** A primitive that is a visible step or can block: `run` is a generator function. */
export function visible(signature: string, standsFor: string, run: Run<Generator<undefined, unknown, undefined>>) {
  return make(signature, standsFor, true, run);
}

/** A primitive that no other thread can tell has run. */
export function plain(signature: string, standsFor: string, run: Run<unknown>): Primitive {
  return make(signature, standsFor, false, run);
}

function make(signature: string, standsFor: string, isVisible: boolean, run: Run<unknown>): Primitive {
  return { name: declaredName(signature), standsFor, signature, visible: isVisible, run: run as unknown as Callable };
}

let machineSlots = 0;
let threadSlots = 0;

/**
 * State that a kernel subsystem keeps for each machine; made when it is first asked for. It is put back when the machine is
 * rewound: no subsystem keeps any in other ways. Large maps are better made with the machine's journal.
 */
export function perMachine<T>(create: (machine: Machine) => T): (k: MachineThread) => T {
  const of = onMachine(create);
  return k => of(k.around as Machine);
}

/** The same, by the machine. */
export function onMachine<T>(create: (machine: Machine) => T): (machine: Machine) => T {
  const slot = machineSlots++;
  return machine => {
    machine.asked[slot] = true;
    return (machine.slots[slot] ??= create(machine)) as T;
  };
}

/** State that a kernel subsystem keeps for each thread. */
export function perThread<T>(create: () => T): (k: MachineThread) => T {
  const slot = threadSlots++;
  return k => (k.slots[slot] ??= create()) as T;
}

export const machineOf = (k: MachineThread): Machine => k.around as Machine;
