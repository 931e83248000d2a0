import { AbstractProgram, type Op } from './abstractProgram.ts';

/** Numbers from 0 below a bound. */
export type Below = (bound: number) => number;

/** The same numbers for the same seed (mulberry32). */
export function below(seed: number): Below {
  let state = seed | 0;
  return bound => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

/** What a random program may be made of. */
export interface Parts {
  readonly locks?: boolean;
  readonly readers?: boolean;
  readonly tries?: boolean;
  readonly awaits?: boolean;
  readonly semaphores?: boolean;
  readonly pairs?: boolean;
  /** Steps that take a lock and more. */
  readonly compound?: boolean;
  /** Steps that touch what depends on what they read. */
  readonly varying?: boolean;
}

const WORDS = 4;
/** A word that is only counted up and down. */
const COUNT = 4;

/** Threads of random operations: accesses, branches on what was read, and of the parts that are asked for. */
export function randomProgram(seed: number, threads: number, length: number, parts: Parts): AbstractProgram {
  const rnd = below(seed);
  const words = 1 + rnd(3);
  const locks = 1 + rnd(2);
  const kinds: (() => Op[])[] = [
    () => [{ op: 'read', at: rnd(words), to: 1 + rnd(3) }],
    () => [{ op: 'write', at: rnd(words), value: rnd(3) }],
    () => [{ op: 'write', at: rnd(words), from: 1 + rnd(3) }],
    () => [
      { op: 'read', at: rnd(words), to: 1 },
      { op: rnd(2) ? 'skipIf' : 'skipUnless', from: 1, equals: rnd(2), ops: 1 },
      rnd(2) ? { op: 'write', at: rnd(words), value: rnd(3) } : { op: 'read', at: rnd(words), to: 2 },
    ],
  ];
  const body = (): Op[] => kinds[rnd(4)]!();
  if (parts.pairs)
    kinds.push(
      () => [{ op: 'writePair', at: 2 * rnd(2), value: rnd(3) }],
      () => [{ op: 'readPair', at: 2 * rnd(2), to: 2 }],
    );
  if (parts.locks) {
    const section = (): Op[] => {
      const lock = rnd(locks);
      return [{ op: 'lock', lock }, ...(rnd(4) ? body() : []), ...(rnd(12) ? [{ op: 'unlock', lock } as const] : [])];
    };
    const nested = (): Op[] => {
      const first = rnd(2);
      const last = rnd(2);
      return [
        { op: 'lock', lock: first },
        ...(rnd(2) ? body() : []),
        { op: 'lock', lock: 1 - first },
        ...(rnd(2) ? body() : []),
        { op: 'unlock', lock: 1 - last },
        { op: 'unlock', lock: last },
      ];
    };
    kinds.push(section, section, section);
    if (locks > 1) kinds.push(nested);
  }
  if (parts.readers) {
    const section = (): Op[] => {
      const lock = rnd(locks);
      return [{ op: 'readLock', lock }, ...(rnd(3) ? body() : []), { op: 'readUnlock', lock }];
    };
    const write = (): Op[] => {
      const lock = rnd(locks);
      return [{ op: 'lock', lock }, ...(rnd(3) ? body() : []), { op: 'unlock', lock }];
    };
    kinds.push(section, section, write);
  }
  if (parts.tries) {
    kinds.push(() => {
      const lock = rnd(locks);
      const inner = rnd(3) ? body() : [];
      return [
        { op: 'tryLock', lock, to: 4 },
        { op: 'skipUnless', from: 4, equals: 1, ops: inner.length + 1 },
        ...inner,
        { op: 'unlock', lock },
      ];
    });
    kinds.push(() => [{ op: 'cmpxchg', at: rnd(words), old: rnd(2), from: 1 + rnd(3), to: 5 }]);
    if (parts.readers)
      kinds.push(() => {
        const lock = rnd(locks);
        return [
          { op: 'tryReadLock', lock, to: 4 },
          { op: 'skipUnless', from: 4, equals: 1, ops: 1 },
          { op: 'readUnlock', lock },
        ];
      });
  }
  if (parts.awaits) {
    kinds.push(
      () => [{ op: 'await', at: rnd(words), value: rnd(3) }],
      () => [{ op: rnd(2) ? 'awaitBoth' : 'awaitEither', at: rnd(words), also: rnd(words), value: rnd(3) }],
    );
  }
  if (parts.compound)
    kinds.push(
      () => {
        const lock = rnd(locks);
        return [{ op: 'lockAndRead', lock, at: rnd(words), to: 1 }, ...(rnd(3) ? body() : []), { op: 'unlock', lock }];
      },
      () => {
        const first = rnd(2);
        const inner = rnd(3) ? body() : [];
        return [{ op: 'lockBoth' }, { op: 'unlock', lock: first }, ...inner, { op: 'unlock', lock: 1 - first }];
      },
    );
  if (parts.varying) kinds.push(() => [{ op: 'writeThrough', at: rnd(words), value: rnd(3) }]);
  if (parts.semaphores)
    kinds.push(
      () => [{ op: 'down', at: COUNT }],
      () => [{ op: 'up', at: COUNT }],
      () => [{ op: 'down', at: COUNT }, ...body(), { op: 'up', at: COUNT }],
    );
  const program = Array.from({ length: threads }, () => {
    const ops: Op[] = [];
    while (ops.length < length) ops.push(...kinds[rnd(kinds.length)]!());
    return ops;
  });
  return new AbstractProgram(program, WORDS + 1, 2, [rnd(2), rnd(2), 0, 0, rnd(3)]);
}
