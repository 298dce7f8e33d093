/**
 * Ids of pairs of whole numbers, 0 to 2^32 - 1 each: a table with open addressing, at most half full, whose slots are
 * three numbers beside each other. Amortised O(1), 24 bytes a pair and no objects.
 */
export class PairTable {
  /** Per slot: first, second, and the id plus 1; 0 where it is free. */
  #slots = empty;
  #size = 0;

  /** The id that the pair has; `fresh`, from now on, when it has none. */
  idOf(first: number, second: number, fresh: number): number {
    if (6 * this.#size >= this.#slots.length) this.#grow();
    const at = this.#slotOf(first, second);
    const known = this.#slots[at + 2]!;
    if (known !== 0) return known - 1;
    this.#slots[at] = first;
    this.#slots[at + 1] = second;
    this.#slots[at + 2] = fresh + 1;
    this.#size++;
    return fresh;
  }

  /** Where the pair is, or would be. */
  #slotOf(first: number, second: number): number {
    const slots = this.#slots;
    const mask = slots.length / 3 - 1;
    for (let place = mixed(first, second) & mask; ; place = (place + 1) & mask) {
      const at = 3 * place;
      if (slots[at + 2] === 0 || (slots[at] === first && slots[at + 1] === second)) return at;
    }
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(Math.max(3 * 32, 2 * before.length));
    for (let at = 0; at < before.length; at += 3) {
      if (before[at + 2] !== 0) this.#slots.set(before.subarray(at, at + 3), this.#slotOf(before[at]!, before[at + 1]!));
    }
  }
}

const empty = new Uint32Array(0);

/** Every bit of both in the low bits: keys are few and what is put counts up (murmur3's finaliser). */
function mixed(first: number, second: number): number {
  let h = Math.imul(first, 0x9e3779b1) ^ second;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
