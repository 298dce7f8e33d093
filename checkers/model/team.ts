import { assert } from "../../harness/assert.ts";
import { HarnessError } from "../../harness/errors.ts";

/**
 * What workers of one exploration share: the table of seen fingerprints, and a barrier at the end of each level.
 *
 * Two 32-bit words per slot, none of them 0 in use. A worker claims a slot by exchanging its first word for 0, then
 * publishes the second; whoever meets its own first word waits for the second and compares. So a state is new to
 * exactly one worker, which keeps and expands it: no state ever travels. Levels are walked in step, so the first
 * discovery is a shortest one with any number of workers.
 *
 * The table grows between levels, into a part of the shared memory that was not touched before: the table of 2^k slots
 * lies at slot 2^k. The memory is reserved from the start but costs nothing until it is written.
 */
export class Team {
  readonly index: number;
  readonly size: number;
  readonly #slots: Int32Array;
  readonly #control: Int32Array;
  #capacity: number;
  #mask: number;

  constructor(shared: SharedTeam, index: number) {
    this.index = index;
    this.size = shared.workers;
    this.#slots = new Int32Array(shared.table);
    this.#control = new Int32Array(shared.control);
    this.#capacity = Atomics.load(this.#control, CAPACITY);
    this.#mask = this.#capacity - 1;
  }

  /** True when the fingerprint is new, to all workers; it is seen from now on. */
  insert(lo: number, hi: number): boolean {
    if (lo === 0) lo = 1;
    if (hi === 0) hi = 1;
    const slots = this.#slots;
    const base = this.#capacity;
    let i = (lo ^ Math.imul(hi, 0x9e3779b1)) & this.#mask;
    for (let probes = 0; ; probes++) {
      const at = 2 * (base + i);
      let seen = slots[at]!;
      if (seen === 0) {
        seen = Atomics.compareExchange(slots, at, 0, lo);
        if (seen === 0) {
          Atomics.store(slots, at + 1, hi);
          return true;
        }
      }
      if (seen === lo) {
        let other = slots[at + 1]!;
        while (other === 0) other = Atomics.load(slots, at + 1);
        if (other === hi) return false;
      }
      if (probes > this.#mask) throw tableFull(this.#capacity);
      i = (i + 1) & this.#mask;
    }
  }

  /** All workers have come so far; the sums of what each brought. `stop`: some worker wants to end here. */
  meet(mine: { readonly found: number; readonly frontier: number; readonly stop: boolean }): { readonly unique: number; readonly frontier: number; readonly stop: boolean } {
    const control = this.#control;
    const generation = Atomics.load(control, GENERATION);
    Atomics.add(control, UNIQUE, mine.found);
    Atomics.add(control, FRONTIER, mine.frontier);
    if (mine.stop) Atomics.store(control, STOP, 1);
    if (Atomics.add(control, ARRIVED, 1) === this.size - 1) {
      const unique = Atomics.load(control, UNIQUE);
      // What is shown stays until all have come again; a fast worker may already add to the sums of the next meeting.
      Atomics.store(control, SHOWN_UNIQUE, unique);
      Atomics.store(control, SHOWN_FRONTIER, Atomics.exchange(control, FRONTIER, 0));
      Atomics.store(control, SHOWN_STOP, Atomics.load(control, STOP));
      // A level may triple the states and still find room.
      while (unique * 4 > Atomics.load(control, CAPACITY) && this.#grow());
      Atomics.store(control, ARRIVED, 0);
      Atomics.add(control, GENERATION, 1);
      Atomics.notify(control, GENERATION);
    } else {
      while (Atomics.load(control, GENERATION) === generation) Atomics.wait(control, GENERATION, generation);
    }
    if (Atomics.load(control, FAILED) === 1) throw new HarnessError("WORKER_FAILED", "another worker of the exploration failed", { nextStep: "see its error, or explore with one worker" });
    this.#capacity = Atomics.load(control, CAPACITY);
    this.#mask = this.#capacity - 1;
    return { unique: Atomics.load(control, SHOWN_UNIQUE), frontier: Atomics.load(control, SHOWN_FRONTIER), stop: Atomics.load(control, SHOWN_STOP) === 1 };
  }

  /** This worker will not come to the next meeting: the others must not wait. */
  fail(): void {
    Atomics.store(this.#control, FAILED, 1);
    Atomics.add(this.#control, GENERATION, 1);
    Atomics.notify(this.#control, GENERATION);
  }

  /** The states that were found before the team met. */
  insertAll(fingerprints: Iterable<readonly [lo: number, hi: number]>): void {
    for (const [lo, hi] of fingerprints) this.insert(lo, hi);
  }

  /** Doubles the table if there is room. */
  #grow(): boolean {
    const capacity = Atomics.load(this.#control, CAPACITY);
    const slots = this.#slots;
    if (4 * capacity * 2 > slots.length) return false;
    const mask = 2 * capacity - 1;
    for (let j = capacity; j < 2 * capacity; j++) {
      const lo = slots[2 * j]!;
      if (lo === 0) continue;
      const hi = slots[2 * j + 1]!;
      let i = (lo ^ Math.imul(hi, 0x9e3779b1)) & mask;
      while (slots[2 * (2 * capacity + i)] !== 0) i = (i + 1) & mask;
      slots[2 * (2 * capacity + i)] = lo;
      slots[2 * (2 * capacity + i) + 1] = hi;
    }
    Atomics.store(this.#control, CAPACITY, 2 * capacity);
    return true;
  }
}

// Words of the control block.
const GENERATION = 0;
const ARRIVED = 1;
const UNIQUE = 2;
const FRONTIER = 3;
const SHOWN_FRONTIER = 4;
const STOP = 5;
const FAILED = 6;
const CAPACITY = 7;
const SHOWN_UNIQUE = 8;
const SHOWN_STOP = 9;

/** Passes to workers as it is. */
export interface SharedTeam {
  readonly workers: number;
  readonly table: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
}

/** Memory for `workers` and up to about `statesMax` states. */
export function sharedTeam(options: { readonly workers: number; readonly statesMax: number }): SharedTeam {
  assert(options.workers >= 1, "a team has a worker");
  const first = 1 << 18;
  let last = first;
  while (last < options.statesMax * 4 && last < 2 ** 27) last *= 2;
  const table = new SharedArrayBuffer(2 * last * 8);
  const control = new SharedArrayBuffer(64);
  new Int32Array(control)[CAPACITY] = first;
  return { workers: options.workers, table, control };
}

function tableFull(capacity: number): HarnessError {
  return new HarnessError("TABLE_FULL", `the workers' table of ${capacity} slots is full`, {
    nextStep: "lower the model's bounds, raise statesMax, or explore with one worker",
  });
}
