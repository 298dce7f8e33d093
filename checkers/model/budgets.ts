import { type ActorModel, budgetKinds } from "../../harness/actor-model.ts";
import { assert } from "../../harness/assert.ts";
import { lanes } from "./tables.ts";

/**
 * The budgets spent so far as one number (mixed radix), with its hash. Infinite budgets always have something left and
 * are no part of the number. Its last digit is the partition that lasts: 0, or the number of the model's cut + 1.
 */
export class SpentBudgets {
  readonly lo: Int32Array;
  readonly hi: Int32Array;
  readonly #sizes: number[] = [];
  readonly #radices: number[] = [];

  constructor(model: ActorModel) {
    let count = 1;
    for (const budget of [...budgetKinds.map((kind) => model.budgets[kind]), model.cuts.length]) {
      const finite = Number.isFinite(budget);
      this.#sizes.push(finite ? budget + 1 : 0);
      this.#radices.push(finite ? count : 0);
      if (finite) count *= budget + 1;
    }
    assert(count <= 1 << 20, `the budgets multiply to ${count} combinations, at most ${1 << 20} fit`);
    this.lo = new Int32Array(count);
    this.hi = new Int32Array(count);
    for (let spent = 0; spent < count; spent++) {
      [this.lo[spent], this.hi[spent]] = lanes(`spent${this.#sizes.map((_, kind) => this.#used(spent, kind)).join()}`);
    }
  }

  has(spent: number, kind: number): boolean {
    const size = this.#sizes[kind]!;
    return size === 0 || (size > 1 && this.#used(spent, kind) + 1 < size);
  }

  spend(spent: number, kind: number): number {
    return spent + this.#radices[kind]!;
  }

  /** Number of the cut that lasts; -1: none. */
  cutOf(spent: number): number {
    return this.#used(spent, CUT) - 1;
  }

  /** With that cut beginning; only where none lasts. */
  cut(spent: number, cut: number): number {
    return this.spend(spent, PARTITIONS) + (cut + 1) * this.#radices[CUT]!;
  }

  /** With the cut healed. */
  heal(spent: number): number {
    return spent - this.#used(spent, CUT) * this.#radices[CUT]!;
  }

  #used(spent: number, kind: number): number {
    const size = this.#sizes[kind]!;
    return size === 0 ? 0 : Math.floor(spent / this.#radices[kind]!) % size;
  }
}

/** Budgets by their places, in which they are asked for and spent. */
export const LOSSES: number = budgetKinds.indexOf("losses");
export const DUPLICATES: number = budgetKinds.indexOf("duplicates");
export const CRASHES: number = budgetKinds.indexOf("crashes");
export const LOST_WRITES: number = budgetKinds.indexOf("lostWrites");
export const PARTITIONS: number = budgetKinds.indexOf("partitions");
/** The place of the cut that lasts. */
const CUT = budgetKinds.length;
