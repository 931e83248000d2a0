import type { Ptr, Running } from '../../machine/abi.ts';
import { OUTPUT } from '../../machine/sharing.ts';
import type { MachineThread } from '../../machine/thread.ts';

/** A step that prints: others can tell when it was taken by what they print themselves, and by what it reads. */
export function* printing(k: MachineThread, what: string, address: Ptr | undefined, line: number): Running<void> {
  k.arrive(what, address, line);
  const { sharing } = k.around;
  const seen = sharing === undefined || sharing.accessed(k.index, OUTPUT, 8, true);
  if (seen || sharing.isLoud(k.placeOf(line))) yield;
  else k.unseenAt = k.placeOf(line);
  k.steps++;
}
