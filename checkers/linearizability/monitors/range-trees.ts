/** Numbers of which the least of a range is asked for. O(log n) for each question and each change. */
export class MinTree {
  readonly #size: number;
  readonly #least: Int32Array;

  constructor(values: readonly number[]) {
    this.#size = powerOfTwo(values.length);
    this.#least = new Int32Array(2 * this.#size).fill(NONE);
    this.#least.set(values, this.#size);
    for (let node = this.#size - 1; node > 0; node--) this.#least[node] = Math.min(this.#least[2 * node]!, this.#least[2 * node + 1]!);
  }

  set(at: number, value: number): void {
    const least = this.#least;
    least[this.#size + at] = value;
    for (let node = (this.#size + at) >> 1; node > 0; node >>= 1) {
      const now = Math.min(least[2 * node]!, least[2 * node + 1]!);
      if (least[node] === now) return;
      least[node] = now;
    }
  }

  /** The least of `[from, to)`; the greatest 32-bit number when that is empty. */
  least(from: number, to: number): number {
    let result = NONE;
    for (let left = this.#size + from, right = this.#size + to; left < right; left >>= 1, right >>= 1) {
      if ((left & 1) === 1) result = Math.min(result, this.#least[left++]!);
      if ((right & 1) === 1) result = Math.min(result, this.#least[--right]!);
    }
    return result;
  }

  /** The first place of `[from, to)` that holds less than `bound`; -1 none. */
  firstBelow(from: number, to: number, bound: number): number {
    if (from >= to) return -1;
    let node = this.#size + from;
    do {
      while ((node & 1) === 0) node >>= 1;
      if (this.#least[node]! < bound) {
        while (node < this.#size) {
          node *= 2;
          if (this.#least[node]! >= bound) node++;
        }
        return node - this.#size < to ? node - this.#size : -1;
      }
      node++;
    } while ((node & -node) !== node);
    return -1;
  }
}

/** How many spans cover each place; spans are taken away, and places that no span covers are found once. O(log n) each. */
export class Coverage {
  readonly #size: number;
  /** By node: the least of its places, with what is added to whole nodes below and at it. */
  readonly #least: Int32Array;
  readonly #added: Int32Array;

  constructor(counts: Int32Array) {
    this.#size = powerOfTwo(counts.length);
    this.#least = new Int32Array(2 * this.#size).fill(FOUND);
    this.#added = new Int32Array(2 * this.#size);
    this.#least.set(counts, this.#size);
    for (let node = this.#size - 1; node > 0; node--) this.#pull(node);
  }

  /** One span less over `[from, to)`. */
  lower(from: number, to: number): void {
    if (from < to) this.#lower(1, 0, this.#size, from, to);
  }

  /** The first place of `[from, to)` that nothing covers and that was not found before; -1 none. */
  takeUncovered(from: number, to: number): number {
    return from < to ? this.#take(1, 0, this.#size, from, to) : -1;
  }

  #lower(node: number, low: number, high: number, from: number, to: number): void {
    if (from <= low && high <= to) {
      this.#least[node]!--;
      this.#added[node]!--;
      return;
    }
    const middle = (low + high) >> 1;
    if (from < middle) this.#lower(2 * node, low, middle, from, to);
    if (to > middle) this.#lower(2 * node + 1, middle, high, from, to);
    this.#pull(node);
  }

  #take(node: number, low: number, high: number, from: number, to: number, above = 0): number {
    if (high <= from || low >= to || this.#least[node]! + above > 0) return -1;
    if (high - low === 1) {
      this.#least[node] = FOUND;
      return low;
    }
    const middle = (low + high) >> 1;
    const below = above + this.#added[node]!;
    let found = this.#take(2 * node, low, middle, from, to, below);
    if (found < 0) found = this.#take(2 * node + 1, middle, high, from, to, below);
    if (found >= 0) this.#pull(node);
    return found;
  }

  #pull(node: number): void {
    this.#least[node] = Math.min(this.#least[2 * node]!, this.#least[2 * node + 1]!) + this.#added[node]!;
  }
}

const NONE = 0x7fffffff;
/** More than any number of spans that could be taken away from it. */
const FOUND = 0x40000000;

function powerOfTwo(atLeast: number): number {
  let size = 1;
  while (size < atLeast) size *= 2;
  return size;
}
