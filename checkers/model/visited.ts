import { HarnessError } from "../../harness/errors.ts";

const chunkInts = 1 << 18;

/**
 * Seen states by 64-bit fingerprint: 8 bytes a slot, linear probing, doubled at load 0.7. A table that may not grow
 * any further ends in `TABLE_FULL`, it never loops.
 */
export class VisitedTable {
  length = 0;
  /** With `numbered`: the number of the state that was looked up last, new or not; states are numbered as they come. */
  last = -1;
  #slots: Int32Array;
  #numbers: Int32Array | undefined;
  #mask: number;
  #limit: number;
  readonly #slotsMax: number;

  constructor(options: { readonly slots?: number; readonly slotsMax?: number; readonly numbered?: boolean } = {}) {
    const slots = options.slots ?? 1 << 16;
    this.#slots = new Int32Array(slots * 2);
    this.#mask = slots - 1;
    this.#limit = Math.floor(slots * 0.7);
    this.#slotsMax = options.slotsMax ?? 2 ** 29;
    if (options.numbered === true) this.#numbers = new Int32Array(slots);
  }

  /** Whether the fingerprint was seen; nothing changes. */
  has(lo: number, hi: number): boolean {
    if (lo === 0) lo = 1;
    const slots = this.#slots;
    for (let i = (lo ^ Math.imul(hi, 0x9e3779b1)) & this.#mask; slots[2 * i] !== 0; i = (i + 1) & this.#mask) {
      if (slots[2 * i] === lo && slots[2 * i + 1] === hi) return true;
    }
    return false;
  }

  /** True when the fingerprint is new; it is seen from now on. */
  insert(lo: number, hi: number): boolean {
    if (lo === 0) lo = 1;
    const slots = this.#slots;
    const mask = this.#mask;
    let i = (lo ^ Math.imul(hi, 0x9e3779b1)) & mask;
    for (;;) {
      const seen = slots[2 * i]!;
      if (seen === 0) break;
      if (seen === lo && slots[2 * i + 1] === hi) {
        if (this.#numbers !== undefined) this.last = this.#numbers[i]!;
        return false;
      }
      i = (i + 1) & mask;
    }
    slots[2 * i] = lo;
    slots[2 * i + 1] = hi;
    if (this.#numbers !== undefined) this.last = this.#numbers[i] = this.length;
    if (++this.length > this.#limit) this.#grow();
    return true;
  }

  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** All fingerprints, in no order. */
  *[Symbol.iterator](): IterableIterator<readonly [lo: number, hi: number]> {
    for (let i = 0; i < this.#slots.length; i += 2) if (this.#slots[i] !== 0) yield [this.#slots[i]!, this.#slots[i + 1]!];
  }

  #grow(): void {
    const old = this.#slots;
    const slots = old.length;
    if (slots > this.#slotsMax) {
      throw new HarnessError("TABLE_FULL", `${this.length} states fill the table of ${this.#slotsMax} slots`, {
        nextStep: "lower the model's bounds, or set statesMax below that number",
      });
    }
    const fresh = (this.#slots = new Int32Array(slots * 2));
    const mask = (this.#mask = slots - 1);
    this.#limit = Math.floor(slots * 0.7);
    const oldNumbers = this.#numbers;
    const numbers = oldNumbers === undefined ? undefined : (this.#numbers = new Int32Array(slots));
    for (let j = 0; j < old.length; j += 2) {
      const lo = old[j]!;
      if (lo === 0) continue;
      const hi = old[j + 1]!;
      let i = (lo ^ Math.imul(hi, 0x9e3779b1)) & mask;
      while (fresh[2 * i] !== 0) i = (i + 1) & mask;
      fresh[2 * i] = lo;
      fresh[2 * i + 1] = hi;
      if (numbers !== undefined) numbers[i] = oldNumbers![j >> 1]!;
    }
  }
}

/**
 * Seen states by their whole records: 64-bit fingerprints find them, and every word is compared, so nothing is ever
 * merged. Costs the records' memory (some 100 bytes a state) beside 8 bytes a slot.
 */
export class RecordTable {
  length = 0;
  /** The number of the state that was looked up last, new or not. */
  last = -1;
  /** By slot: the record's number + 1; 0: empty. */
  #slots = new Int32Array(1 << 12);
  #mask = (1 << 12) - 1;
  /** By record: its chunk and place. */
  readonly #chunks: Int32Array[] = [];
  readonly #chunkOf: number[] = [];
  readonly #placeOf: number[] = [];
  #used = chunkInts;

  /** True when `record[at … at + length - 1]` is new; it is seen from now on. Words 1 and 2 are its fingerprint; word 0 is not compared. */
  insert(record: Int32Array, at: number, length: number): boolean {
    let i = this.#slotOf(record[at + 1]!, record[at + 2]!);
    for (; this.#slots[i] !== 0; i = (i + 1) & this.#mask) {
      const number = this.#slots[i]! - 1;
      if (!this.#equals(number, record, at, length)) continue;
      this.last = number;
      return false;
    }
    if (this.#used + length > chunkInts) {
      this.#chunks.push(new Int32Array(chunkInts));
      this.#used = 0;
    }
    const chunk = this.#chunks.at(-1)!;
    chunk.set(record.subarray(at, at + length), this.#used);
    chunk[this.#used] = length;
    this.last = this.#chunkOf.push(this.#chunks.length - 1) - 1;
    this.#placeOf.push(this.#used);
    this.#used += length;
    this.#slots[i] = ++this.length;
    if (this.length * 2 > this.#mask) this.#grow();
    return true;
  }

  #equals(number: number, record: Int32Array, at: number, length: number): boolean {
    const chunk = this.#chunks[this.#chunkOf[number]!]!;
    const place = this.#placeOf[number]!;
    if (chunk[place] !== length) return false;
    for (let k = 1; k < length; k++) if (chunk[place + k] !== record[at + k]) return false;
    return true;
  }

  #slotOf(lo: number, hi: number): number {
    return (lo ^ Math.imul(hi, 0x9e3779b1)) & this.#mask;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    this.#mask = this.#slots.length - 1;
    for (let number = 0; number < this.length; number++) {
      const chunk = this.#chunks[this.#chunkOf[number]!]!;
      const place = this.#placeOf[number]!;
      let i = this.#slotOf(chunk[place + 1]!, chunk[place + 2]!);
      while (this.#slots[i] !== 0) i = (i + 1) & this.#mask;
      this.#slots[i] = number + 1;
    }
  }
}
