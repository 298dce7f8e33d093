/**
 * Remembered transitions `(state, class) → state`. While classes are few each state has a row; beyond that a state
 * meets few of the classes, and a hash map holds what was asked, up to a bound after which it starts anew.
 */
export class Transitions {
  readonly #classCount: number;
  readonly #dense: boolean;
  readonly #rows: Int32Array[] = [];
  readonly #sparse = new Map<number, number>();

  constructor(classCount: number) {
    this.#classCount = classCount;
    this.#dense = classCount <= rowLengthMax;
  }

  /** The remembered next state, or `UNASKED`. */
  get(state: number, id: number): number {
    if (this.#dense) {
      const row = this.#rows[state];
      return row === undefined ? UNASKED : row[id]!;
    }
    return this.#sparse.get(state * this.#classCount + id) ?? UNASKED;
  }

  /** Remembers `next` and returns it. */
  set(state: number, id: number, next: number): number {
    if (this.#dense) {
      while (this.#rows.length <= state) this.#rows.push(new Int32Array(this.#classCount).fill(UNASKED));
      this.#rows[state]![id] = next;
    } else {
      if (this.#sparse.size >= sparseMax) this.#sparse.clear();
      this.#sparse.set(state * this.#classCount + id, next);
    }
    return next;
  }
}

export const UNASKED = -2;
const rowLengthMax = 256;
/** About 100 MB. */
const sparseMax = 2_000_000;
