/**
 * What a checker may spend. Work is counted in steps, so that the same history with the same budget
 * gives the same verdict on any machine; time and memory are looked at only through `overrun`.
 */
export interface Budget {
  /** Counts `work` steps (about one visited configuration each); false when the budget is spent. */
  spend(work: number): boolean;
  /** Why it ended (`10000000 steps`, `60 s`, `2 GB`), once `spend` was false. */
  readonly ended: string | undefined;
  /** Steps spent so far. */
  readonly spent: number;
}

/** No bound but the machine's patience. */
export function unlimited(): Budget {
  return new WorkBudget(Number.POSITIVE_INFINITY, undefined);
}

/** At most `steps` of work. */
export function steps(bound: number): Budget {
  return new WorkBudget(bound, undefined);
}

/**
 * At most `bound` steps; every 4,096 steps `overrun` is asked whether something outside
 * (a deadline, a memory limit, an abort) ended it, and says why.
 */
export function guarded(bound: number, overrun: () => string | undefined): Budget {
  return new WorkBudget(bound, overrun);
}

class WorkBudget implements Budget {
  spent = 0;
  ended: string | undefined;
  readonly #bound: number;
  readonly #overrun: (() => string | undefined) | undefined;
  #asked = 0;

  constructor(bound: number, overrun: (() => string | undefined) | undefined) {
    this.#bound = bound;
    this.#overrun = overrun;
  }

  spend(work: number): boolean {
    if (this.ended !== undefined) return false;
    this.spent += work;
    if (this.spent > this.#bound) this.ended = `${this.#bound} steps`;
    else if (this.#overrun !== undefined && this.spent - this.#asked >= 4096) {
      this.#asked = this.spent;
      this.ended = this.#overrun();
    }
    return this.ended === undefined;
  }
}
