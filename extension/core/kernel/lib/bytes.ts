import type { Ptr, Running } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';

/** A step that reads memory, visible when another thread can reach any of `from`; `run` reads when it is taken. */
export function* reading<T>(
  k: MachineThread,
  what: string,
  from: readonly Ptr[],
  line: number,
  run: () => T,
): Running<T> {
  const shared = from.find(p => !k.isPrivate(p));
  if (shared === undefined) return run();
  yield* k.step(what, shared, line);
  const result = k.watch(run);
  if (k.around.sink.allReads) k.around.sink.note(k, 'read', line, what, shared);
  else k.around.sink.clock++;
  return result;
}

/**
 * A step that writes what `make` gives when it is taken, visible when another thread can reach `to` or any of `from`.
 * Gives how many bytes were written.
 */
export function* writing(
  k: MachineThread,
  what: string,
  to: Ptr,
  from: readonly Ptr[],
  line: number,
  make: () => Uint8Array,
): Running<number> {
  const own = k.isPrivate(to);
  const visible = !own || !from.every(p => k.isPrivate(p));
  if (visible) yield* k.step(what, own ? from.find(p => !k.isPrivate(p)) : to, line);
  const bytes = visible ? k.watch(make) : make();
  k.touch(to, bytes.length, line, true);
  k.around.memory.writeBytes(to, bytes);
  if (!own) k.around.sink.note(k, 'write', line, `${bytes.length} bytes by ${what}`, to, bytes.length);
  else if (visible) k.around.sink.clock++;
  return bytes.length;
}

/** The bytes before the NUL at `p`, one char per byte, at most `limit`; a bug when it runs into what is not mapped. */
export function cstringAt(k: MachineThread, p: Ptr, line: number, limit = Number.POSITIVE_INFINITY): string {
  let text = '';
  while (text.length < limit) {
    const byte = k.checkedRead(p + text.length, 'u8', line) as number;
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** [p, p + size) as it is now; a bug when any of it is not mapped. */
export function bytesAt(k: MachineThread, p: Ptr, size: number, line: number): Uint8Array<ArrayBuffer> {
  k.touch(p, size, line);
  return k.around.memory.readBytes(p, size);
}

/** One byte per char. */
export const toBytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, c => c.charCodeAt(0));
