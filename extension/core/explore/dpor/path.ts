import { CONFLICTS } from './conflicts.ts';
import type { Touches } from './executable.ts';
import { Places } from './places.ts';

/** An 8-byte word holds so many bytes as a mask has bits. */
const WORD = 8;

/**
 * The execution that is being explored: its events in their order, what each touched, and their vector clocks. It is a
 * stack, so that its memory is bounded by the longest execution. Events beyond its length may be filled as drafts
 * (`draft()`): steps that have not been taken, to be reasoned about.
 *
 * A touch is kept per 8-byte word, with a mask of bytes; `older` links the touches of one word, latest first.
 */
export class Path {
  readonly threads: number;
  length = 0;
  /** Of each event: its thread. */
  thread = new Int32Array(64);
  /** Its number among the steps of its thread, from 1. */
  index = new Int32Array(64);
  /** The event of the same thread before it, or -1. */
  before = new Int32Array(64);
  /** 1: what it touched depends on what it read itself. */
  varies = new Uint8Array(64);
  /** 1: it may end races that the executions so far do not let be settled (races.ts). */
  open = new Uint8Array(64);
  /** Its touches are those from `first[event]` up to `first[event + 1]`. */
  first = new Int32Array(65);
  /** `clock[event * threads + t]`: how many steps of thread t happen before or are the event. Filled by races.ts. */
  clock: Int32Array;

  /** Of each touch: its word's number, its bytes, its Kind, its event, the touch of the word before it or -1. */
  place = new Int32Array(128);
  mask = new Uint8Array(128);
  kind = new Uint8Array(128);
  event = new Int32Array(128);
  older = new Int32Array(128);

  /** The latest event of each thread, or -1. */
  readonly last: Int32Array;
  /** The latest touch of each word, or -1. */
  #latest = new Int32Array(64).fill(-1);
  readonly places = new Places();

  constructor(threads: number) {
    this.threads = threads;
    this.clock = new Int32Array(64 * threads);
    this.last = new Int32Array(threads).fill(-1);
  }

  /** Adds the event of a step that was taken. */
  push(thread: number, touches: Touches): void {
    const event = this.length;
    this.draft(event, thread, touches);
    this.last[thread] = event;
    const latest = this.#latest;
    for (let t = this.first[event]!, end = this.first[event + 1]!; t < end; t++) {
      const place = this.place[t]!;
      this.older[t] = latest[place]!;
      latest[place] = t;
    }
    this.open[event] = 1;
    this.length = event + 1;
  }

  /** Takes the latest event off. */
  pop(): void {
    const event = --this.length;
    for (let t = this.first[event + 1]! - 1, first = this.first[event]!; t >= first; t--)
      this.#latest[this.place[t]!] = this.older[t]!;
    this.last[this.thread[event]!] = this.before[event]!;
  }

  /** Fills an event from number `length` on as if its thread took a step that touched this, without adding it. */
  draft(event: number, thread: number, touches: Touches): void {
    if (event + 1 >= this.thread.length) this.#growEvents();
    const before = this.last[thread]!;
    this.thread[event] = thread;
    this.before[event] = before;
    this.index[event] = before < 0 ? 1 : this.index[before]! + 1;
    this.varies[event] = touches.varies ? 1 : 0;
    let t = this.first[event]!;
    for (let i = 0; i < touches.count; i++) {
      const at = touches.at[i]!;
      const kind = touches.kind[i]!;
      let word = Math.floor(at / WORD);
      let from = at - word * WORD;
      for (let left = touches.size[i]!; left > 0; word++, from = 0) {
        const bytes = left < WORD - from ? left : WORD - from;
        left -= bytes;
        if (t === this.place.length) this.#growTouches();
        const place = this.#numberOf(word);
        this.place[t] = place;
        this.mask[t] = ((1 << bytes) - 1) << from;
        this.kind[t] = kind;
        this.event[t] = event;
        this.older[t] = this.#latest[place]!;
        t++;
      }
    }
    this.first[event + 1] = t;
  }

  /** The number of the word at an address. */
  placeOf(address: number): number {
    return this.#numberOf(Math.floor(address / WORD));
  }

  #numberOf(word: number): number {
    const place = this.places.of(word);
    if (place >= this.#latest.length) this.#latest = grown(this.#latest, -1);
    return place;
  }

  /** Event `event` happens after event `earlier` or is it; both clocks are filled. */
  isAfter(event: number, earlier: number): boolean {
    return this.clock[event * this.threads + this.thread[earlier]!]! >= this.index[earlier]!;
  }

  /** Two events touch the same bytes in kinds that conflict. */
  conflict(a: number, b: number): boolean {
    const { first, place, mask, kind } = this;
    for (let i = first[a]!, endA = first[a + 1]!; i < endA; i++)
      for (let j = first[b]!, endB = first[b + 1]!; j < endB; j++)
        if (place[i] === place[j] && mask[i]! & mask[j]! && (CONFLICTS[kind[i]!]! >> kind[j]!) & 1) return true;
    return false;
  }

  #growEvents(): void {
    this.thread = grown(this.thread, 0);
    this.index = grown(this.index, 0);
    this.before = grown(this.before, 0);
    this.first = grown(this.first, 0);
    this.clock = grown(this.clock, 0);
    this.varies = doubled(this.varies);
    this.open = doubled(this.open);
  }

  #growTouches(): void {
    this.place = grown(this.place, 0);
    this.event = grown(this.event, 0);
    this.older = grown(this.older, 0);
    this.mask = doubled(this.mask);
    this.kind = doubled(this.kind);
  }
}

/** An array of twice the length that begins with this one. */
export function grown(array: Int32Array, fill: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  if (fill) larger.fill(fill, array.length);
  larger.set(array);
  return larger;
}

function doubled(array: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(array.length * 2);
  larger.set(array);
  return larger;
}
