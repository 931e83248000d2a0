import type { Callable, FunctionInfo, Ptr, Running, Scalar, Thread } from '../../extension/core/machine/abi.ts';
import type { Host } from '../../extension/core/translate/load.ts';

/** A megabyte of memory and one thread, enough to run models by themselves. Never shipped. */
export class BareHost implements Host {
  private readonly view = new DataView(new ArrayBuffer(1 << 20));
  private readonly functions = new Map<Ptr, Callable>();
  private next = 0x1000;
  private stack = 0x80000;
  readonly unmodelled: string[] = [];

  defineFunction(_info: FunctionInfo, run: Callable): Ptr {
    const at = this.take(16, 16);
    this.functions.set(at, run);
    return at;
  }
  defineGlobal(_name: string, size: number, align: number): Ptr {
    return this.take(size, align);
  }
  string(bytes: string): Ptr {
    const at = this.take(bytes.length + 1, 1);
    for (let i = 0; i < bytes.length; i++) this.view.setUint8(at + i, bytes.charCodeAt(i));
    return at;
  }
  poke(p: Ptr, scalar: Scalar, value: number | bigint): void {
    switch (scalar) {
      case 'i64':
      case 'u64':
        this.view.setBigUint64(p, BigInt.asUintN(64, BigInt(value)), true);
        break;
      case 'ptr':
        this.view.setBigUint64(p, BigInt.asUintN(64, BigInt(value)), true);
        break;
      case 'i32':
      case 'u32':
        this.view.setUint32(p, Number(value) >>> 0, true);
        break;
      case 'i16':
      case 'u16':
        this.view.setUint16(p, Number(value) & 0xffff, true);
        break;
      default:
        this.view.setUint8(p, Number(value) & 0xff);
    }
  }
  peek(p: Ptr, scalar: Scalar): number | bigint {
    switch (scalar) {
      case 'i64':
        return this.view.getBigInt64(p, true);
      case 'u64':
        return this.view.getBigUint64(p, true);
      case 'ptr':
        return Number(this.view.getBigInt64(p, true));
      case 'i32':
        return this.view.getInt32(p, true);
      case 'u32':
        return this.view.getUint32(p, true);
      case 'i16':
        return this.view.getInt16(p, true);
      case 'u16':
        return this.view.getUint16(p, true);
      case 'i8':
        return this.view.getInt8(p);
      default:
        return this.view.getUint8(p);
    }
  }
  private take(size: number, align: number): Ptr {
    const at = Math.ceil(this.next / align) * align;
    this.next = at + size;
    return at;
  }

  thread(): Thread {
    const host = this;
    const scalar = (type: string): Scalar => (type.endsWith('_t') ? 'u64' : (type as Scalar));
    const bytes = (p: Ptr, size: number): Uint8Array => new Uint8Array(host.view.buffer, p, size);
    const thread = {
      index: 0,
      name: 'bare',
      *load(p: Ptr, type: string) {
        yield undefined;
        return host.peek(p, scalar(type));
      },
      *store(p: Ptr, type: string, value: number | bigint) {
        yield undefined;
        host.poke(p, scalar(type), value);
      },
      *copy(to: Ptr, from: Ptr, size: number) {
        yield undefined;
        bytes(to, size).set(bytes(from, size).slice());
      },
      *fill(to: Ptr, byte: number, size: number) {
        yield undefined;
        bytes(to, size).fill(byte);
      },
      get: (p: Ptr, type: string) => host.peek(p, scalar(type)),
      set: (p: Ptr, type: string, value: number | bigint) => host.poke(p, scalar(type), value),
      zero: (p: Ptr, size: number) => void bytes(p, size).fill(0),
      move: (to: Ptr, from: Ptr, size: number) => bytes(to, size).set(bytes(from, size).slice()),
      enter(_fn: FunctionInfo, size: number) {
        const frame = host.stack;
        host.stack += Math.ceil(size / 16) * 16;
        bytes(frame, size).fill(0);
        return frame;
      },
      leave: (frame: Ptr) => void (host.stack = frame),
      tick: () => undefined,
      trap: (what: string) => {
        throw new Error(what);
      },
      *call(fn: Ptr, _line: number, ...args: unknown[]): Running<unknown> {
        const result = (host.functions.get(fn) as (...a: unknown[]) => unknown)(thread, ...args);
        return typeof result === 'object' && result !== null ? yield* result as Running : result;
      },
      *unmodelled(name: string) {
        yield undefined;
        host.unmodelled.push(name);
      },
    };
    return thread as unknown as Thread;
  }
}
