import { AbstractProgram, type Op } from './abstractProgram.ts';

/** n threads of `lock; x++; unlock`: n! classes, one for each order of the critical sections. */
export function lockers(n: number): AbstractProgram {
  const body: Op[] = [
    { op: 'lock', lock: 0 },
    { op: 'read', at: 0, to: 0 },
    { op: 'add', to: 0, value: 1 },
    { op: 'write', at: 0, from: 0 },
    { op: 'unlock', lock: 0 },
  ];
  return new AbstractProgram(
    Array.from({ length: n }, () => body),
    1,
    1,
  );
}

/** readers(n) of Abdulla et al. 2014: one thread writes x, each of n reads it: 2^n classes. */
export function readers(n: number): AbstractProgram {
  return new AbstractProgram(
    [[{ op: 'write', at: 0, value: 1 }], ...Array.from({ length: n }, (): Op[] => [{ op: 'read', at: 0, to: 0 }])],
    1,
    0,
  );
}

/**
 * lastzero(n) of the same paper: thread j of 1..n does a[j] = a[j - 1] + 1; thread 0 looks for the last zero of a[0..n],
 * from the end: (n + 3) 2^(n - 2) classes.
 */
export function lastzero(n: number): AbstractProgram {
  const search: Op[] = [];
  for (let i = n; i >= 0; i--)
    search.push({ op: 'read', at: i, to: 0 }, { op: 'skipIf', from: 0, equals: 0, ops: 2 * i });
  const writers = Array.from({ length: n }, (_, j): Op[] => [
    { op: 'read', at: j, to: 0 },
    { op: 'add', to: 0, value: 1 },
    { op: 'write', at: j + 1, from: 0 },
  ]);
  return new AbstractProgram([search, ...writers], n + 1, 0);
}

/**
 * indexer(n) of Flanagan and Godefroid (POPL 2005, figure 5): each thread puts four messages into a hash table of 128
 * entries by cmpxchg(), the next entry being tried where one is taken.
 */
export function indexer(n: number): AbstractProgram {
  const entries = 128;
  const tries = n;
  const threads = Array.from({ length: n }, (_, thread) => {
    const ops: Op[] = [];
    for (let message = 1; message <= 4; message++) {
      const word = message * 11 + thread;
      ops.push({ op: 'set', to: 1, value: (word * 7) % entries }, { op: 'set', to: 2, value: word });
      for (let left = tries; left > 0; left--)
        ops.push(
          { op: 'cmpxchg', at: { base: 0, by: 1 }, old: 0, from: 2, to: 3 },
          { op: 'skipIf', from: 3, equals: 1, ops: 3 * (left - 1) + 2 },
          { op: 'add', to: 1, value: 1, mod: entries },
        );
      ops.push({ op: 'fail' });
    }
    return ops;
  });
  return new AbstractProgram(threads, entries, 0);
}

/**
 * filesystem(n) of the same paper (figure 4): each thread takes its inode's lock and, the inode having no block, looks
 * for a free one from a block of its own on, each block under its own lock.
 */
export function filesystem(n: number): AbstractProgram {
  const inodes = 32;
  const blocks = 26;
  const busy = inodes;
  const tries = n;
  const threads = Array.from({ length: n }, (_, thread): Op[] => {
    const inode = thread % inodes;
    const block = { base: 0, by: 1 };
    const search: Op[] = [{ op: 'set', to: 1, value: (inode * 2) % blocks }];
    for (let left = tries; left > 0; left--)
      search.push(
        { op: 'lock', lock: { ...block, base: inodes } },
        { op: 'read', at: { ...block, base: busy }, to: 2 },
        { op: 'skipIf', from: 2, equals: 1, ops: 6 },
        { op: 'write', at: { ...block, base: busy }, value: 1 },
        { op: 'set', to: 3, value: 1 },
        { op: 'add', to: 3, from: 1 },
        { op: 'write', at: inode, from: 3 },
        { op: 'unlock', lock: { ...block, base: inodes } },
        { op: 'skipUnless', from: 2, equals: 1, ops: 11 * (left - 1) + 3 },
        { op: 'unlock', lock: { ...block, base: inodes } },
        { op: 'add', to: 1, value: 1, mod: blocks },
      );
    search.push({ op: 'fail' });
    return [
      { op: 'lock', lock: inode },
      { op: 'read', at: inode, to: 0 },
      { op: 'skipUnless', from: 0, equals: 0, ops: search.length },
      ...search,
      { op: 'unlock', lock: inode },
    ];
  });
  return new AbstractProgram(threads, inodes + blocks, inodes + blocks);
}
