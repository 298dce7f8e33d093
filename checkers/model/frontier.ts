import { assert } from "../../harness/assert.ts";

/** What is found and not yet expanded. A record begins with its length; `commit` writes it. */
export interface Frontier {
  /** Where the next record is to be written, after `reserve`. */
  readonly writeChunk: Int32Array;
  readonly writeAt: number;
  /** Where the record is that `shift` made current; valid until the next `shift`. */
  readonly readChunk: Int32Array;
  readonly readAt: number;
  /** Number of the state that `shift` made current. */
  readonly number: number;
  /** Number of records that wait. */
  readonly size: number;
  /** Makes room for a record of up to `ints`; then write at `writeChunk[writeAt …]` and `commit`. */
  reserve(ints: number): void;
  /** Files the record of state `number`. */
  commit(ints: number, number: number): void;
  /** Makes the next record current; false when none waits. */
  shift(): boolean;
}

const chunkInts = 1 << 18;

/** First in, first out, so the next number is one more than the last. Used chunks are recycled: memory follows the frontier. */
export class RecordQueue implements Frontier {
  /** Where the next record is to be written, after `reserve`. */
  writeChunk: Int32Array = new Int32Array(chunkInts);
  writeAt = 0;
  /** Where the record is that `shift` made current. */
  readChunk: Int32Array;
  readAt = 0;
  number = -1;
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
    this.number++;
    return true;
  }
}

/** Last in, first out: depth first. The current record is a copy, for its place is written again at once. */
export class RecordStack implements Frontier {
  writeChunk: Int32Array = new Int32Array(chunkInts);
  writeAt = 0;
  readChunk: Int32Array = new Int32Array(64);
  readonly readAt = 0;
  number = -1;
  /** Chunks below the one that is written. */
  readonly #below: Int32Array[] = [];
  readonly #starts: number[] = [];
  readonly #numbers: number[] = [];

  get size(): number {
    return this.#numbers.length;
  }

  reserve(ints: number): void {
    if (this.writeAt + ints <= chunkInts) return;
    assert(ints < chunkInts, `a state record of ${ints} integers fits a chunk`);
    this.#below.push(this.writeChunk);
    this.writeChunk = new Int32Array(chunkInts);
    this.writeAt = 0;
  }

  commit(ints: number, number: number): void {
    this.writeChunk[this.writeAt] = ints;
    this.#starts.push(this.writeAt);
    this.#numbers.push(number);
    this.writeAt += ints;
  }

  shift(): boolean {
    const number = this.#numbers.pop();
    if (number === undefined) return false;
    if (this.writeAt === 0) this.writeChunk = this.#below.pop()!;
    const start = this.#starts.pop()!;
    const length = this.writeChunk[start]!;
    if (this.readChunk.length < length) this.readChunk = new Int32Array(length * 2);
    this.readChunk.set(this.writeChunk.subarray(start, start + length));
    this.writeAt = start;
    this.number = number;
    return true;
  }
}
