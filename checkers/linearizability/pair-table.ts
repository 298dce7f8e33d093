/** A map from pairs of integers from 0 on to integers from 0 on: open addressing, at most half full. */
export class PairTable {
  /** Three words an entry: first + 1 (0: free), second, value. */
  #entries: Int32Array;
  #count = 0;

  constructor(expected: number) {
    let size = 16;
    while (size < expected) size *= 2;
    this.#entries = new Int32Array(3 * size);
  }

  /** The value of the pair, or -1. */
  get(first: number, second: number): number {
    const at = this.#find(first, second);
    return this.#entries[at] === 0 ? -1 : this.#entries[at + 2]!;
  }

  /** Adds a pair that is not there yet; returns `value`. */
  add(first: number, second: number, value: number): number {
    if (6 * ++this.#count > this.#entries.length) this.#grow();
    const at = this.#find(first, second);
    this.#entries[at] = first + 1;
    this.#entries[at + 1] = second;
    this.#entries[at + 2] = value;
    return value;
  }

  #find(first: number, second: number): number {
    const entries = this.#entries;
    const mask = entries.length / 3 - 1;
    const hash = Math.imul(Math.imul(first, 0x85ebca6b) ^ second, 0x9e3779b1);
    for (let at = (hash ^ (hash >>> 15)) & mask; ; at = (at + 1) & mask) {
      const entry = 3 * at;
      if (entries[entry] === 0 || (entries[entry] === first + 1 && entries[entry + 1] === second)) return entry;
    }
  }

  #grow(): void {
    const old = this.#entries;
    this.#entries = new Int32Array(old.length * 2);
    for (let entry = 0; entry < old.length; entry += 3) {
      if (old[entry] !== 0) this.#entries.set(old.subarray(entry, entry + 3), this.#find(old[entry]! - 1, old[entry + 1]!));
    }
  }
}
