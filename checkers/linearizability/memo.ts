/** Words (4 bytes each) that one search's memo may hold before it is thrown away. */
const memoWordsMax = 1 << 27;

/** Places that there is room for at first: most histories are short, and memory must be cleared. */
const headsFirst = 64;

/**
 * Configurations that were visited: open addressing by hash chains over one arena of words. An entry is compared in
 * full. Of equal keys an entry with fewer (or equal) crashed operations used up answers for those with more.
 */
export class Memo {
  readonly #keyWords: number;
  readonly #usedWords: number;
  readonly #stride: number;
  #heads: Int32Array = new Int32Array(headsFirst).fill(-1);
  #arena: Int32Array<ArrayBuffer>;
  #count = 0;

  constructor(keyWords: number, usedWords: number) {
    this.#keyWords = keyWords;
    this.#usedWords = usedWords;
    this.#stride = 1 + keyWords + usedWords;
    this.#arena = new Int32Array((headsFirst / 2) * this.#stride);
  }

  /** Remembers the configuration; false when one is known that answers for it. */
  add(front: number, state: number, placed: Int32Array, used: Int32Array): boolean {
    const { slot, known } = this.#find(front, state, placed, used);
    if (known) return false;
    if ((this.#count + 1) * this.#stride > this.#arena.length) return this.#grow() && this.add(front, state, placed, used);
    const arena = this.#arena;
    const entry = this.#count * this.#stride;
    arena[entry] = this.#heads[slot]!;
    arena[entry + 1] = front;
    arena[entry + 2] = state;
    for (let w = 0; w < placed.length; w++) arena[entry + 3 + w] = placed[w]!;
    const base = entry + 1 + this.#keyWords;
    for (let k = 0; k < this.#usedWords; k++) arena[base + k] = used[k]!;
    this.#heads[slot] = this.#count++;
    if (this.#count > this.#heads.length) this.#rehash(this.#heads.length * 4);
    return true;
  }

  #found = { slot: 0, known: false };

  #find(front: number, state: number, placed: Int32Array, used: Int32Array): { slot: number; known: boolean } {
    let hash = mix(mix(0x9e3779b9, front), state);
    for (let w = 0; w < placed.length; w++) hash = mix(hash, placed[w]!);
    const slot = finish(hash) & (this.#heads.length - 1);
    const arena = this.#arena;
    const result = this.#found;
    result.slot = slot;
    result.known = false;
    search: for (let index = this.#heads[slot]!; index >= 0; index = arena[index * this.#stride]!) {
      const entry = index * this.#stride;
      if (arena[entry + 1] !== front || arena[entry + 2] !== state) continue;
      for (let w = 0; w < placed.length; w++) if (arena[entry + 3 + w] !== placed[w]) continue search;
      const base = entry + 1 + this.#keyWords;
      for (let k = 0; k < this.#usedWords; k++) if (arena[base + k]! > used[k]!) continue search;
      result.known = true;
      return result;
    }
    return result;
  }

  /** Doubles the arena, or, when it is as large as allowed, forgets everything. Always true. */
  #grow(): boolean {
    const length = this.#arena.length * 2;
    if (length > memoWordsMax) {
      this.clear();
      return true;
    }
    const larger = new Int32Array(length);
    larger.set(this.#arena);
    this.#arena = larger;
    return true;
  }

  /** Forgets everything. */
  clear(): void {
    this.#count = 0;
    this.#heads.fill(-1);
  }

  #rehash(size: number): void {
    const heads = new Int32Array(size).fill(-1);
    const arena = this.#arena;
    for (let index = 0; index < this.#count; index++) {
      const entry = index * this.#stride;
      let hash = 0x9e3779b9;
      for (let w = 0; w < this.#keyWords; w++) hash = mix(hash, arena[entry + 1 + w]!);
      const slot = finish(hash) & (size - 1);
      arena[entry] = heads[slot]!;
      heads[slot] = index;
    }
    this.#heads = heads;
  }
}

/** Stirs a word into a hash. */
export function mix(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x85ebca6b);
  return (h ^ (h >>> 15)) | 0;
}

/** The hash, not negative, with every bit stirred. */
export function finish(hash: number): number {
  const h = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
