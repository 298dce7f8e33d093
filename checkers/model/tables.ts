import { hash32 } from "../../harness/random.ts";

/**
 * The explorer's flat tables. Objects live at the borders; inside, everything is a small integer:
 *
 *     Interner       text → id, with two independent 32-bit hashes of the content
 *     PairTable      (id, id) → id, the memo of transitions
 *     IntList        append-only integers (parents, events), in chunks, never copied
 *
 * What was seen is in visited.ts, what is still to be expanded in frontier.ts.
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

/** (a, b) → value for non-negative a, b; `missing` when absent. Open addressing, four words a slot, grows at load 1/2. */
export class PairTable {
  static readonly missing = -0x80000000;
  /** By slot: a (-1: empty), b, value, unused; so that one look touches one cache line. */
  #slots: Int32Array;
  #mask: number;
  #count = 0;

  constructor(capacity = 1024) {
    this.#slots = new Int32Array(capacity * 4).fill(-1);
    this.#mask = capacity - 1;
  }

  get length(): number {
    return this.#count;
  }

  get(a: number, b: number): number {
    const slots = this.#slots;
    let i = slotOf(a, b) & this.#mask;
    for (;;) {
      const found = slots[4 * i]!;
      if (found === a && slots[4 * i + 1] === b) return slots[4 * i + 2]!;
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
    const slots = this.#slots;
    let i = slotOf(a, b) & this.#mask;
    while (slots[4 * i] !== -1) i = (i + 1) & this.#mask;
    slots[4 * i] = a;
    slots[4 * i + 1] = b;
    slots[4 * i + 2] = value;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2).fill(-1);
    this.#mask = this.#slots.length / 4 - 1;
    for (let i = 0; i < old.length; i += 4) if (old[i] !== -1) this.#put(old[i]!, old[i + 1]!, old[i + 2]!);
  }
}

function slotOf(a: number, b: number): number {
  const h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77);
  return h ^ (h >>> 15);
}

/** Append-only integers in chunks of 64 Ki: growing copies nothing. */
export class IntList {
  length = 0;
  readonly #chunks: Int32Array[] = [];
  #last = new Int32Array(0);

  push(value: number): void {
    const at = this.length & 0xffff;
    if (at === 0) this.#chunks.push((this.#last = new Int32Array(0x10000)));
    this.#last[at] = value;
    this.length++;
  }

  /** All of them, copied. */
  toArray(): Int32Array {
    const all = new Int32Array(this.length);
    this.#chunks.forEach((chunk, i) => all.set(chunk.subarray(0, Math.min(0x10000, this.length - i * 0x10000)), i * 0x10000));
    return all;
  }

  /** The caller knows that `index` is within the list. */
  get(index: number): number {
    return this.#chunks[index >>> 16]![index & 0xffff]!;
  }
}
