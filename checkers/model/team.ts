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
 * lies at slot 2^k. All workers copy their part of it. The memory is reserved from the start but costs nothing until it
 * is written.
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
    Atomics.add(control, UNIQUE, mine.found);
    Atomics.add(control, FRONTIER, mine.frontier);
    if (mine.stop) Atomics.store(control, STOP, 1);
    this.#barrier(() => {
      const unique = Atomics.load(control, UNIQUE);
      const frontier = Atomics.exchange(control, FRONTIER, 0);
      // What is shown stays until all have come again; a fast worker may already add to the sums of the next meeting.
      Atomics.store(control, SHOWN_UNIQUE, unique);
      Atomics.store(control, SHOWN_FRONTIER, frontier);
      Atomics.store(control, SHOWN_STOP, Atomics.load(control, STOP));
      Atomics.store(control, CAPACITY, this.#capacityFor(unique, frontier));
    });
    const shown = { unique: Atomics.load(control, SHOWN_UNIQUE), frontier: Atomics.load(control, SHOWN_FRONTIER), stop: Atomics.load(control, SHOWN_STOP) === 1 };
    const capacity = Atomics.load(control, CAPACITY);
    if (capacity > this.#capacity) {
      this.#moveShare(capacity);
      this.#barrier(() => {});
    }
    return shown;
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

  /** Waits until all have come; the last one does `last` before any goes on. */
  #barrier(last: () => void): void {
    const control = this.#control;
    const generation = Atomics.load(control, GENERATION);
    if (Atomics.add(control, ARRIVED, 1) === this.size - 1) {
      last();
      Atomics.store(control, ARRIVED, 0);
      Atomics.add(control, GENERATION, 1);
      Atomics.notify(control, GENERATION);
    } else {
      while (Atomics.load(control, GENERATION) === generation) Atomics.wait(control, GENERATION, generation);
    }
    if (Atomics.load(control, FAILED) === 1) throw new HarnessError("WORKER_FAILED", "another worker of the exploration failed", { nextStep: "see its error, or explore with one worker" });
  }

  /** Slots for what there is and a next level of three times this one's size, at load 0.6 at most. */
  #capacityFor(unique: number, frontier: number): number {
    let capacity = this.#capacity;
    // A table of 2^k slots ends at slot 2^(k+1).
    while (unique + 3 * frontier > capacity * 0.6 && 8 * capacity <= this.#slots.length) capacity *= 2;
    return capacity;
  }

  /** Copies this worker's part of the table into the larger one. */
  #moveShare(capacity: number): void {
    const slots = this.#slots;
    const old = this.#capacity;
    this.#capacity = capacity;
    this.#mask = capacity - 1;
    const end = old + Math.floor((old * (this.index + 1)) / this.size);
    for (let j = old + Math.floor((old * this.index) / this.size); j < end; j++) if (slots[2 * j] !== 0) this.insert(slots[2 * j]!, slots[2 * j + 1]!);
  }
}

/**
 * One worker's part in a team's search. All workers walk the first levels alone, and alike; when a level is large enough
 * each keeps its part of it (`divides`), and from there on whatever it finds first. Whatever ends the search, each comes
 * to the meeting of its level, for the others wait there.
 */
export class TeamMember {
  /** What the whole team has found. */
  unique = 0;
  /** From that number on the states are this worker's own; infinite: the search never grew large enough to divide. */
  split: number = Number.POSITIVE_INFINITY;
  /** What this worker has generated alike with all the others. */
  generatedBefore = 0;
  /** Transitions are not stored by teams. */
  readonly last: number = -1;
  readonly #team: Team;
  readonly #splitAt: number;
  #splitEnd = 0;
  #reported = 0;

  constructor(team: Team, options: { readonly splitAt: number }) {
    this.#team = team;
    this.#splitAt = options.splitAt;
  }

  insert(lo: number, hi: number): boolean {
    return this.#team.insert(lo, hi);
  }

  /** Whether the state is another worker's. */
  skips(state: number): boolean {
    return state < this.#splitEnd && state >= this.split && (state - this.split) % this.#team.size !== this.#team.index;
  }

  /** At the end of a level: whether the search ends here, for all. */
  meet(engine: MemberEngine, statesMax: number): "exhausted" | "bounded" | undefined {
    if (this.split === Number.POSITIVE_INFINITY) {
      if (engine.waiting > 0) return undefined;
      this.#gather(engine, false);
      return "exhausted";
    }
    const all = this.#gather(engine, engine.broken);
    if (all.stop) return "bounded";
    if (all.frontier === 0) return "exhausted";
    return all.unique >= statesMax ? "bounded" : undefined;
  }

  /** At the start of a level: whether it is divided now, so that all look up what they find in the team's table. */
  divides(engine: MemberEngine): "divided" | "stopped" | undefined {
    if (this.split !== Number.POSITIVE_INFINITY || engine.waiting < this.#splitAt) return undefined;
    this.split = engine.expanded;
    this.#splitEnd = engine.unique;
    this.generatedBefore = engine.generated;
    if (this.#team.index === 0) this.#team.insertAll(engine.fingerprints());
    return this.#gather(engine, false).stop ? "stopped" : "divided";
  }

  /** Ends the search for all. */
  leave(engine: MemberEngine): void {
    this.#gather(engine, true);
  }

  #gather(engine: MemberEngine, stop: boolean): ReturnType<Team["meet"]> {
    // What all found alike counts once.
    const divided = this.split !== Number.POSITIVE_INFINITY && this.#reported > 0;
    const found = divided || this.#team.index === 0 ? engine.unique - this.#reported : 0;
    this.#reported = engine.unique;
    const all = this.#team.meet({ found, frontier: divided ? engine.waiting : 0, stop });
    this.unique = all.unique;
    return all;
  }
}

/** What a member must know of its engine. */
export interface MemberEngine {
  readonly unique: number;
  readonly waiting: number;
  readonly expanded: number;
  readonly generated: number;
  /** It has found what ends the search. */
  readonly broken: boolean;
  fingerprints(): Iterable<readonly [lo: number, hi: number]>;
}

/** Words of the control block. */
const [GENERATION, ARRIVED, UNIQUE, FRONTIER, STOP, FAILED, CAPACITY, SHOWN_UNIQUE, SHOWN_FRONTIER, SHOWN_STOP] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

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
