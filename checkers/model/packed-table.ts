/**
 * The states that were seen of a model of bit fields, as exact keys.
 *
 * Such states come in neighbourhoods: fields change one by one, so what differs in the low bits of `lo` alone is mostly
 * there too. One slot holds 64 neighbours, a bit each, and neighbours of one `hi` lie near each other:
 *
 *     slot   [lo >>> 6, hi with its top bit set (0: empty), bits 0 … 31, bits 32 … 63 of lo's low six bits]
 *
 * Two-phase commit with eight managers: 1.7 million states in 238 thousand slots, 8 MB instead of the 32 that a slot of
 * two words for each state takes; what a look costs is the memory that it misses. Where every state is alone a slot costs
 * 16 bytes for 8.
 */
export class PackedTable {
  #slots: Int32Array;
  #mask: number;
  /** Slots in use. */
  #used = 0;

  /** `slots`: a power of two. */
  constructor(slots: number = 1 << 12) {
    this.#slots = new Int32Array(4 * slots);
    this.#mask = slots - 1;
  }

  /** True when the state is new; it is seen from now on. `hi`'s top bit is clear. */
  insert(lo: number, hi: number): boolean {
    const slots = this.#slots;
    const mask = this.#mask;
    const high = lo >>> 6;
    const top = hi | 0x80000000;
    const word = 2 + ((lo >>> 5) & 1);
    const bit = 1 << lo;
    let at = 4 * (slotOf(high, hi) & mask);
    for (;;) {
      const found = slots[at + 1]!;
      if (found === top && slots[at] === high) {
        const seen = slots[at + word]!;
        slots[at + word] = seen | bit;
        return (seen & bit) === 0;
      }
      if (found === 0) break;
      at = (at + 4) & (4 * mask);
    }
    slots[at] = high;
    slots[at + 1] = top;
    slots[at + word] = bit;
    if (++this.#used * 3 > mask * 2) this.#grow();
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    const fresh = new Int32Array(old.length * 2);
    const mask = 2 * this.#mask + 1;
    for (let from = 0; from < old.length; from += 4) {
      const top = old[from + 1]!;
      if (top === 0) continue;
      let at = 4 * (slotOf(old[from]!, top & 0x7fffffff) & mask);
      while (fresh[at + 1] !== 0) at = (at + 4) & (4 * mask);
      for (let word = 0; word < 4; word++) fresh[at + word] = old[from + word]!;
    }
    this.#slots = fresh;
    this.#mask = mask;
  }
}

function slotOf(high: number, hi: number): number {
  const h = Math.imul(hi, 0x9e3779b1);
  return high ^ h ^ (h >>> 15);
}
