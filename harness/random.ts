import { randomBytes } from "node:crypto";
import { type Seed, seed } from "./ids.ts";

/**
 * The only door of chance. One seed per run, forked by label, so that one part's draws never move another's.
 * Generator: xoshiro128** (Blackman and Vigna, 2018), seeded by a 32-bit mix of the text.
 */
export class Random {
  readonly seed: Seed;
  /** The generator that this one was forked from: its seed is the beginning of ours. */
  readonly #parent: Random | undefined;
  /** For forks: hashes of the seed's text, one for each word of the state, to go on from. Made on demand. */
  #prefix: Hashes | undefined;
  #begun = false;
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** `parent`: whose seed is the beginning of `from`; nothing depends on it but the time that hashing takes. */
  constructor(from: Seed, parent?: Random) {
    this.seed = from;
    this.#parent = parent;
  }

  /** An independent stream; the same label of the same seed always gives the same draws. O(1) until it is drawn from, then O(label). */
  fork(label: string): Random {
    return new Random(seed(`${this.seed}/${label}`), this);
  }

  /** Most forks are never drawn from, so the state is made at the first draw. */
  #begin(): void {
    const { length } = this.seed;
    const [a, b, c, d] = this.#hashed();
    this.#a = hashEnd(a, length);
    this.#b = hashEnd(b, length);
    this.#c = hashEnd(c, length);
    this.#d = hashEnd(d, length) | 1;
    this.#begun = true;
  }

  #hashed(): Hashes {
    const parent = this.#parent;
    const from = parent?.seed.length ?? 0;
    const [a, b, c, d] = parent === undefined ? salts : (parent.#prefix ??= parent.#hashed());
    return [hashOn(a, this.seed, from), hashOn(b, this.seed, from), hashOn(c, this.seed, from), hashOn(d, this.seed, from)];
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

/** Of one text, unfinished. */
type Hashes = readonly [number, number, number, number];
const salts: Hashes = [0x9e3779b9 | 0, 0x243f6a88, 0xb7e15162 | 0, 0xdeadbeef | 0];

/** 32-bit hash of a text: FNV-like step with a murmur3 finaliser; not for security. */
export function hash32(text: string, salt: number): number {
  return hashEnd(hashOn(salt | 0, text, 0), text.length);
}

/** Takes in `text` from the place `from` on. */
function hashOn(hash: number, text: string, from: number): number {
  let h = hash;
  for (let i = from; i < text.length; i++) {
    h ^= text.charCodeAt(i);
    h = Math.imul(h, 0x01000193);
    h = rotl(h, 13);
  }
  return h;
}

function hashEnd(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function rotl(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

/** A new seed from the machine's entropy: the one place where chance enters a run; it is printed and recorded. */
export function freshSeed(): Seed {
  return seed(randomBytes(4).readUInt32BE().toString());
}
