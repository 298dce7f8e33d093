import type { Budget } from "../../harness/budget.ts";

export interface Progress {
  readonly unique: number;
  readonly generated: number;
  readonly depth: number;
  /** States found and not yet expanded. */
  readonly frontier: number;
  /** States on each level so far, breadth first; what is left can be guessed from them (estimate.ts). */
  readonly levels: readonly number[];
}

/** Expanded states from one telling of progress to the next. */
const TELL_EVERY = 0x10000;

/** A search's eye on the outside world: each look asks the budget, so look often; progress is told every 65,536 states. */
export class Lookout {
  readonly #budget: Budget;
  readonly #progress: ((progress: Progress) => void) | undefined;
  #asked = 0;
  #told = 0;

  constructor(options: { readonly budget: Budget; readonly progress: ((progress: Progress) => void) | undefined }) {
    this.#budget = options.budget;
    this.#progress = options.progress;
  }

  /** With so many states expanded since the search began; false: the budget is spent. */
  look(expanded: number, now: () => Progress): boolean {
    const spent = this.#budget.spend(expanded - this.#asked);
    this.#asked = expanded;
    if (!spent) return false;
    if (expanded - this.#told >= TELL_EVERY) {
      this.#told = expanded;
      this.#progress?.(now());
    }
    return true;
  }
}
