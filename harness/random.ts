import { randomBytes } from "node:crypto";
import { type Seed, seed } from "./ids.ts";

/**
 * The only door of chance. One seed per run, forked by label, so that one part's draws never move another's.
 * Generator: xoshiro128** (Blackman and Vigna, 2018), seeded by a 32-bit mix of the text.
 */
export class Random {
  /** A root's seed, a fork's label. */
  readonly #label: string | number;
  /** The generator that this one was forked from: its seed is the beginning of ours. */
  readonly #parent: Random | undefined;
  /** What the seeds of all forks begin with, taken in. Made on demand. */
  #stem: Hashes | undefined;
  #begun = false;
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  constructor(from: Seed);
  /** A fork. */
  constructor(label: string | number, parent: Random);
  constructor(label: string | number, parent?: Random) {
    this.#label = label;
    this.#parent = parent;
  }

  /** The text that all draws follow from. Made anew each time: most forks are never asked for it. */
  get seed(): Seed {
    return seed(this.#parent === undefined ? this.#label : `${this.#parent.seed}/${this.#label}`);
  }

  /** An independent stream; the same label of the same seed always gives the same draws. O(1) until it is drawn from, then O(label). */
  fork(label: string | number): Random {
    return new Random(label, this);
  }

  /** Most forks are never drawn from, so the state is made at the first draw. */
  #begin(): void {
    const { a, b, c, d, length } = this.#hashed();
    this.#a = hashEnd(a, length);
    this.#b = hashEnd(b, length);
    this.#c = hashEnd(c, length);
    this.#d = hashEnd(d, length) | 1;
    this.#begun = true;
  }

  /** Of the seed's text. */
  #hashed(): Hashes {
    const parent = this.#parent;
    return hashesOn(parent === undefined ? salts : (parent.#stem ??= hashesOn(parent.#hashed(), "/")), String(this.#label));
  }

  /** Uniform unsigned 32-bit integer. */
  u32(): number {
    if (!this.#begun) this.#begin();
    const result = Math.imul(rotl(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = rotl(this.#d, 11);
    return result;
  }

  /** Uniform in [0, 1), 32 bits of randomness. */
  float(): number {
    return this.u32() / 4294967296;
  }

  /** Uniform integer in [0, bound); bound is at least 1. */
  int(bound: number): number {
    return Math.floor(this.float() * bound);
  }

  /** Uniform integer in [low, high], both included. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.float() < p;
  }

  /** One element; the list must not be empty. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error("assertion failed: pick from a list that is not empty");
    return list[this.int(list.length)]!;
  }

  /** A shuffled copy (Fisher–Yates). */
  shuffle<T>(list: readonly T[]): T[] {
    const copy = [...list];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [copy[i], copy[j]] = [copy[j]!, copy[i]!];
    }
    return copy;
  }

  /** Exponentially distributed with the given mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.float());
  }
}

/** Of one text, unfinished: one for each word of the state, and the text's length so far. */
interface Hashes {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly length: number;
}
const salts: Hashes = { a: 0x9e3779b9 | 0, b: 0x243f6a88, c: 0xb7e15162 | 0, d: 0xdeadbeef | 0, length: 0 };

/** 32-bit hash of a text: FNV-like step with a murmur3 finaliser; not for security. */
export function hash32(text: string, salt: number): number {
  let h = salt | 0;
  for (let i = 0; i < text.length; i++) h = hashOn(h, text.charCodeAt(i));
  return hashEnd(h, text.length) >>> 0;
}

/** Takes in more of the text. */
function hashesOn({ a, b, c, d, length }: Hashes, text: string): Hashes {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = hashOn(a, code);
    b = hashOn(b, code);
    c = hashOn(c, code);
    d = hashOn(d, code);
  }
  return { a, b, c, d, length: length + text.length };
}

function hashOn(hash: number, code: number): number {
  return rotl(Math.imul(hash ^ code, 0x01000193), 13);
}

function hashEnd(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function rotl(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

/** A new seed from the machine's entropy: the one place where chance enters a run; it is printed and recorded. */
export function freshSeed(): Seed {
  return seed(randomBytes(4).readUInt32BE().toString());
}
