/** Places that are no memory: what is printed; who takes memory from what all threads have in common. No address is so high. */
export const OUTPUT = 2 ** 52;
export const COMMON_MEMORY = 2 ** 52 + 4096;

/**
 * What knows which memory threads share. Without one, every access to memory that is not a thread's own stack is a visible
 * step.
 */
export interface Sharing {
  /**
   * Takes note that a thread is about to access [p, p + size).
   *
   * @returns whether the access is a visible step
   */
  accessed(thread: number, p: number, size: number, write: boolean): boolean;
  /** A thread has got these page frames, at this place. */
  allocated(thread: number, pfn: number, count: number, site: string): void;
  /** They have been given back. */
  released(pfn: number, count: number): void;
  /** A thread has stored a value of four bytes or more at `p`, which is not in its own stack. */
  stored(thread: number, p: number, value: number | bigint): void;
  /** A step at this place turned out to read shared memory, which was only seen when it was taken unseen. */
  surprise(place: string): void;
  /** Steps at this place are visible because of that. */
  isLoud(place: string): boolean;
}
