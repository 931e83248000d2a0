/** Numbers the 8-byte words of memory that steps touch, in the order in which they are first asked for, from 0. */
export class Places {
  /** Words numbered so far. */
  count = 0;
  /** Open addressing; the word numbers, or -1. */
  #words = new Float64Array(64).fill(-1);
  #numbers = new Int32Array(64);

  /** The word of each number. */
  #byNumber = new Float64Array(64);

  /** The address of a numbered word. */
  addressOf(place: number): number {
    return this.#byNumber[place]! * 8;
  }

  /** The number of a word: an address divided by 8, an integer from 0 below 2^50. */
  of(word: number): number {
    const words = this.#words;
    const mask = words.length - 1;
    let slot = hash(word) & mask;
    for (;;) {
      const found = words[slot]!;
      if (found === word) return this.#numbers[slot]!;
      if (found === -1) break;
      slot = (slot + 1) & mask;
    }
    words[slot] = word;
    const number = this.count++;
    this.#numbers[slot] = number;
    if (number === this.#byNumber.length) {
      const larger = new Float64Array(number * 2);
      larger.set(this.#byNumber);
      this.#byNumber = larger;
    }
    this.#byNumber[number] = word;
    if (this.count * 2 > mask) this.#grow();
    return number;
  }

  #grow(): void {
    const words = this.#words;
    const numbers = this.#numbers;
    const length = words.length * 2;
    this.#words = new Float64Array(length).fill(-1);
    this.#numbers = new Int32Array(length);
    for (let i = 0; i < words.length; i++) {
      if (words[i] === -1) continue;
      let slot = hash(words[i]!) & (length - 1);
      while (this.#words[slot] !== -1) slot = (slot + 1) & (length - 1);
      this.#words[slot] = words[i]!;
      this.#numbers[slot] = numbers[i]!;
    }
  }
}

function hash(word: number): number {
  const low = Math.imul(word | 0, 0x9e3779b1);
  const mixed = word > 0x7fffffff ? low ^ Math.imul((word / 0x100000000) | 0, 0x85ebca6b) : low;
  return mixed ^ (mixed >>> 15);
}
