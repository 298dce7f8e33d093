import type { Random } from "../random.ts";

/**
 * Forks by label and number: `operations/0`, `operations/1` … of the random that is asked. The label's own fork is kept
 * for the random that was asked last, so the next number costs no text and hashes nothing but the number.
 */
export class NumberedForks {
  readonly #label: string;
  #from: Random | undefined;
  #forks: Random | undefined;

  constructor(label: string) {
    this.#label = label;
  }

  of(random: Random, number: number): Random {
    if (this.#forks === undefined || this.#from !== random) {
      this.#from = random;
      this.#forks = random.fork(this.#label);
    }
    return this.#forks.fork(number);
  }
}
