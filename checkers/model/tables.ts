import { assert } from "../../harness/assert.ts";
import { HarnessError } from "../../harness/errors.ts";
import { hash32 } from "../../harness/random.ts";

/**
 * The explorer's flat tables. Objects live at the borders; inside, everything is a small integer:
 *
 *     Interner       text → id, with two independent 32-bit hashes of the content
 *     PairTable      (id, id) → id, the memo of transitions
 *     VisitedTable   64-bit fingerprint → seen or not
 *     IntList        append-only integers (parents, events), in chunks, never copied
 *     RecordQueue    variable-length records, first in, first out, in chunks that are given back
 */

const laneA = 0x1b873593;
const laneB = 0x85ebca6b;

/** Mixes `b` into `a`; not commutative. One lane of a content hash. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ Math.imul(b, 0xcc9e2d51), 0x1b873593);
  h = (h << 13) | (h >>> 19);
  h = Math.imul(h, 5) + 0xe6546b64;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return (h ^ (h >>> 13)) | 0;
}

/** The two hash lanes of a text; equal on every machine and in every run. */
export function lanes(text: string): readonly [lo: number, hi: number] {
  return [hash32(text, laneA) | 0, hash32(text, laneB) | 0];
}

/** A growable Int32Array that is read as `list.at[i]`; `at` is replaced when it grows. */
export class Column {
  at: Int32Array = new Int32Array(64);
  length = 0;

  push(value: number): number {
    if (this.length === this.at.length) {
      const grown = new Int32Array(this.at.length * 2);
      grown.set(this.at);
      this.at = grown;
    }
    this.at[this.length] = value;
    return this.length++;
  }
}

/** Components by content. The key must contain what distinguishes slots (the actor's index, the kind). */
export class Interner<T> {
  readonly objects: T[] = [];
  readonly keys: string[] = [];
  readonly lo: Column = new Column();
  readonly hi: Column = new Column();
  readonly #ids = new Map<string, number>();
  readonly #tag: string;

  constructor(tag: string) {
    this.#tag = tag;
  }

  get length(): number {
    return this.objects.length;
  }

  /** Id of `key`, or -1. */
  find(key: string): number {
    return this.#ids.get(key) ?? -1;
  }

  /** Id of `key`; a new one is filed with `object`. */
  id(key: string, object: () => T): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const [lo, hi] = lanes(this.#tag + key);
    return this.add(key, object(), lo, hi);
  }

  /** Files a new component with hashes of the caller's; the key must be new. */
  add(key: string, object: T, lo: number, hi: number): number {
    const id = this.objects.length;
    this.#ids.set(key, id);
    this.keys.push(key);
    this.objects.push(object);
    this.lo.push(lo);
    this.hi.push(hi);
    return id;
  }
}

/** (a, b) → value for non-negative a, b; `missing` when absent. Open addressing, grows at load 1/2. */
export class PairTable {
  static readonly missing = -0x80000000;
  #keysA: Int32Array;
  #keysB: Int32Array;
  #values: Int32Array;
  #mask: number;
  #count = 0;

  constructor(capacity = 1024) {
    this.#keysA = new Int32Array(capacity).fill(-1);
    this.#keysB = new Int32Array(capacity);
    this.#values = new Int32Array(capacity);
    this.#mask = capacity - 1;
  }

  get length(): number {
    return this.#count;
  }

  get(a: number, b: number): number {
    const keysA = this.#keysA;
    let i = slotOf(a, b) & this.#mask;
    for (;;) {
      const found = keysA[i]!;
      if (found === a && this.#keysB[i] === b) return this.#values[i]!;
      if (found === -1) return PairTable.missing;
      i = (i + 1) & this.#mask;
    }
  }

  /** Adds a pair that is absent. */
  set(a: number, b: number, value: number): void {
    if (this.#count * 2 >= this.#mask) this.#grow();
    this.#put(a, b, value);
    this.#count++;
  }

  #put(a: number, b: number, value: number): void {
    let i = slotOf(a, b) & this.#mask;
    while (this.#keysA[i] !== -1) i = (i + 1) & this.#mask;
    this.#keysA[i] = a;
    this.#keysB[i] = b;
    this.#values[i] = value;
  }

  #grow(): void {
    const [keysA, keysB, values] = [this.#keysA, this.#keysB, this.#values];
    const capacity = keysA.length * 2;
    this.#keysA = new Int32Array(capacity).fill(-1);
    this.#keysB = new Int32Array(capacity);
    this.#values = new Int32Array(capacity);
    this.#mask = capacity - 1;
    for (let i = 0; i < keysA.length; i++) if (keysA[i] !== -1) this.#put(keysA[i]!, keysB[i]!, values[i]!);
  }
}

function slotOf(a: number, b: number): number {
  const h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77);
  return h ^ (h >>> 15);
}

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
    this.#slots = new Int32Array(slots * 2);
    this.#mask = slots - 1;
    this.#limit = Math.floor(slots * 0.7);
    const fresh = this.#slots;
    const oldNumbers = this.#numbers;
    const numbers = oldNumbers === undefined ? undefined : (this.#numbers = new Int32Array(slots));
    for (let j = 0; j < old.length; j += 2) {
      const lo = old[j]!;
      if (lo === 0) continue;
      const hi = old[j + 1]!;
      let i = (lo ^ Math.imul(hi, 0x9e3779b1)) & this.#mask;
      while (fresh[2 * i] !== 0) i = (i + 1) & this.#mask;
      fresh[2 * i] = lo;
      fresh[2 * i + 1] = hi;
      if (numbers !== undefined) numbers[i] = oldNumbers![j >> 1]!;
    }
  }
}

/** Append-only integers in chunks of 64 Ki: growing copies nothing. */
export class IntList {
  length = 0;
  readonly #chunks: Int32Array[] = [];

  push(value: number): void {
    const at = this.length & 0xffff;
    if (at === 0) this.#chunks.push(new Int32Array(0x10000));
    this.#chunks[this.length >>> 16]![at] = value;
    this.length++;
  }

  /** The caller knows that `index` is within the list. */
  get(index: number): number {
    return this.#chunks[index >>> 16]![index & 0xffff]!;
  }
}

const chunkInts = 1 << 18;

/** First in, first out. A record begins with its length. Used chunks are recycled, so memory follows the frontier. */
export class RecordQueue {
  /** Where the next record is to be written, after `reserve`. */
  writeChunk: Int32Array = new Int32Array(chunkInts);
  writeAt = 0;
  /** Where the record is that `shift` made current. */
  readChunk: Int32Array;
  readAt = 0;
  #nextRead = 0;
  #size = 0;
  readonly #full: Int32Array[] = [];
  #fullHead = 0;
  readonly #free: Int32Array[] = [];

  constructor() {
    this.readChunk = this.writeChunk;
  }

  /** Number of records that wait. */
  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return (this.#full.length - this.#fullHead + this.#free.length + 2) * chunkInts * 4;
  }

  /** Makes room for a record of up to `ints`; then write at `writeChunk[writeAt …]` and `commit`. */
  reserve(ints: number): void {
    if (this.writeAt + ints < chunkInts) return;
    assert(ints < chunkInts, `a state record of ${ints} integers fits a chunk`);
    this.writeChunk[this.writeAt] = 0;
    this.#full.push(this.writeChunk);
    this.writeChunk = this.#free.pop() ?? new Int32Array(chunkInts);
    this.writeAt = 0;
  }

  commit(ints: number): void {
    this.writeChunk[this.writeAt] = ints;
    this.writeAt += ints;
    this.#size++;
  }

  /** Makes the oldest record current (`readChunk[readAt …]`, valid until the next `shift`); false when none waits. */
  shift(): boolean {
    if (this.#size === 0) return false;
    // A full chunk ends in a zero length; the chunk that is still written never reads past `writeAt`, as `#size` guards.
    if (this.readChunk !== this.writeChunk && this.readChunk[this.#nextRead] === 0) {
      this.#free.push(this.readChunk);
      this.#fullHead++;
      if (this.#fullHead > 64) {
        this.#full.splice(0, this.#fullHead);
        this.#fullHead = 0;
      }
      this.readChunk = this.#full[this.#fullHead] ?? this.writeChunk;
      this.#nextRead = 0;
    }
    this.readAt = this.#nextRead;
    this.#nextRead += this.readChunk[this.readAt]!;
    this.#size--;
    return true;
  }
}
