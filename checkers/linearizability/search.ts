import type { Budget } from "../../harness/budget.ts";
import { Memo } from "./memo.ts";
import { Candidates } from "./search/candidates.ts";
import { Configuration } from "./search/configuration.ts";
import { Frames, NONE } from "./search/frames.ts";
import { TrialOrder } from "./search/trial-order.ts";
import type { Outcome, SearchProblem } from "./search-problem.ts";

/**
 * The compact search: Wing and Gong's search with Lowe's memo (1993, 2017), on a configuration whose size does not
 * grow with the history.
 *
 *     configuration = (F, open operations that are placed, state of the object, crashed operations used up)
 *
 * F is the first return, in the order of events, whose operation is not placed yet: everything before it is placed,
 * everything called after it is not. Between lie the open operations, at most as many as there are clients; each has
 * a slot while it is open, as a variable has a register. So the memo's key is a few words, and moving F back and
 * forth over the events undoes and redoes the slots without saving anything.
 *
 * Rules that cut the search, none of which changes the answer (each is held against brute force by the tests):
 *   eager     an operation that changes no state wherever it is possible is placed as soon as it is possible: any
 *             order that has it later has it now as well. (A write of the value already held is not such an operation:
 *             it may be needed later.)
 *   classes   of open operations with equal call and answer only the one that returns first is tried: two in the other
 *             order can be exchanged.
 *   crashed   an operation that never returned has no deadline and need not be placed; those of one class are a
 *             counter, not bits. They are tried last, and only where they change the state. Of a register's only those are
 *             tried that an open operation is waiting for: it needs the value that they lead to (perhaps through another
 *             crashed cas), or, being a refused cas, any value but the present one. One that nothing waits for can be
 *             moved past the next operation, or left out where that is a write.
 *   dominance a configuration that failed with fewer crashed operations used up fails with more, too.
 *   ahead     for registers: a value that somebody must still read, and that nobody will write again in time, may not
 *             be overwritten (see `Lookahead`).
 *   pace      for queues: a value goes in only where the dequeues leave a place for it (see `Pace`).
 *   doom      for appended texts: a state from which the next answer can no longer come about is left at once (see `Doom`).
 *
 * Which candidate is tried first decides how often the search must turn back, and no order is best for all histories.
 * Candidates come by their deadlines; where the search is stuck it goes back some hundred events and takes another order:
 * by the deadlines of those that wait for what a candidate brings about (queues begin with it), and with chance mixed in (see decision 020).
 *
 * Exponential in the number of open operations in the worst case: the problem is NP-complete. Memory is bounded: a full
 * memo is thrown away, which costs time and no truth.
 *
 * Here is the walk over configurations; `Configuration` steps and undoes, `Candidates` says what is worth trying,
 * `TrialOrder` in which order, `Frames` keep the way.
 */
export class Search {
  /** Configurations visited. */
  configurations = 0;
  /** The furthest event that the search stood at: every return before it could be explained. */
  reached = 0;
  readonly #here: Configuration;
  readonly #frames: Frames;
  readonly #candidates: Candidates;
  readonly #order: TrialOrder;
  readonly #memo: Memo;
  #watch: (() => void) | undefined;
  #ends: ((state: number, used: Int32Array) => void) | undefined;
  #outcome: Outcome | undefined;

  constructor(problem: SearchProblem, { patience }: SearchOptions = {}) {
    this.#here = new Configuration(problem);
    this.#order = new TrialOrder(problem, this.#here, patience);
    this.#candidates = new Candidates(problem, this.#here, this.#order);
    this.#frames = new Frames(this.#here.words);
    this.#memo = new Memo(2 + this.#here.words, this.#here.crashed.classes.length);
  }

  /** Orders of trial that were taken so far. */
  get orders(): number {
    return this.#order.taken;
  }

  /** Searches until the answer is known or `budget` ends; called again, goes on. */
  run(budget: Budget): Outcome {
    if (this.configurations === 0) this.#outcome = this.#begin();
    if (this.#outcome !== undefined) return this.#outcome;
    const outcome = this.#goOn(budget);
    if (outcome !== "unknown") this.#outcome = outcome;
    return outcome;
  }

  /** Visits the first configuration; the answer, if that has one. */
  #begin(): Outcome | undefined {
    this.configurations = 1;
    if (this.#advance()) {
      this.#ends?.(this.#here.state, this.#here.crashed.used);
      return "linearizable";
    }
    return this.#visit() ? undefined : "not-linearizable";
  }

  #goOn(budget: Budget): Outcome {
    let unpaid = 0;
    while (this.#frames.depth > 0) {
      const candidate = this.#frames.next();
      if (candidate === NONE) {
        if (--this.#frames.depth > 0) this.#frames.undo(this.#here);
        continue;
      }
      this.#here.place(candidate);
      if (this.#advance()) {
        if (this.#ends === undefined) {
          budget.spend(unpaid);
          return "linearizable";
        }
        this.#ends(this.#here.state, this.#here.crashed.used);
        this.#frames.undo(this.#here);
      } else if (!this.#visit()) this.#frames.undo(this.#here);
      else {
        if (++unpaid === unpaidMax) {
          if (!budget.spend(unpaid)) return "unknown";
          unpaid = 0;
        }
        if (this.#order.isStuck(this.configurations)) this.#goBack();
      }
    }
    budget.spend(unpaid);
    return "not-linearizable";
  }

  #advance(): boolean {
    const isOver = this.#here.advance();
    if (this.#here.front > this.reached) {
      this.reached = this.#here.front;
      this.#order.progress(this.configurations);
    }
    return isOver;
  }

  /** Opens a frame for the present configuration; false when it is known to fail. */
  #visit(): boolean {
    const { front, state, placed, crashed } = this.#here;
    if (!this.#memo.add(front, state, placed, crashed.used)) return false;
    this.#here.listWaiting();
    if (this.#candidates.foresight.isDoomed(state)) return false;
    this.configurations++;
    if (this.#watch !== undefined) this.#watch();
    return this.#openFrame();
  }

  /** False where there is nothing to try. */
  #openFrame(): boolean {
    const start = this.#frames.room(this.#candidates.countMax);
    const end = this.#candidates.write(this.#frames.candidates, start);
    if (end > start) this.#frames.push(this.#here, { start, end });
    return end > start;
  }

  /**
   * Leaves a place where the search is stuck: takes back what was chosen within the last events and goes on from there in
   * another order. What it leaves was not explored to the end, so the memo is forgotten, too.
   */
  #goBack(): void {
    this.#frames.backTo(this.reached - this.#order.goBackEvents, this.#here);
    this.#memo.clear();
    this.#order.change(this.configurations);
    this.#frames.depth--;
    this.#here.listWaiting();
    this.#openFrame();
  }

  /**
   * After `linearizable`: operations in an order that explains every answer (crashed ones that took effect included).
   * O(operations). The search is used up by it.
   */
  linearization(): number[] {
    return this.#replay(this.#frames.chosen());
  }

  /** Walks from the start through those candidates and names every operation on the way, eager ones included. */
  #replay(chosen: readonly number[]): number[] {
    const here = this.#here;
    const log: number[] = [];
    here.reset();
    here.log = log;
    here.advance();
    for (const candidate of chosen) {
      here.place(candidate);
      here.advance();
    }
    here.log = undefined;
    return here.crashed.named(log);
  }

  /**
   * All states that the object can be in after the last return, each with how many crashed operations of each class
   * (`classes` of `crashedClasses`) were used up on the way; of two ways to a state, one that used up more of everything
   * may be left out. Undefined when the budget ended.
   */
  ends(budget: Budget): { state: number; used: readonly number[] }[] | undefined {
    const found = new Map<string, { state: number; used: readonly number[] }>();
    this.#ends = (state, used): void => {
      const key = `${state} ${used.join()}`;
      if (!found.has(key)) found.set(key, { state, used: [...used] });
    };
    this.#order.keep();
    const outcome = this.run(budget);
    this.#ends = undefined;
    return outcome === "unknown" ? undefined : [...found.values()];
  }

  /** The classes of crashed operations, in the order that `ends` counts them. */
  get crashedClasses(): readonly number[] {
    return this.#here.crashed.classes;
  }

  /**
   * Visits configurations, up to `limit`, and shows each to `watch` with the state and the first unexplained return;
   * `watch` returns true to have the way there kept. Returns the last way kept: the operations in their order.
   */
  explore(limit: number, watch: (state: number, front: number) => boolean): number[] {
    let kept: number[] = [];
    let over = false;
    this.#watch = (): void => {
      if (watch(this.#here.state, this.#here.front)) kept = this.#frames.chosen();
      if (this.configurations >= limit) over = true;
    };
    this.#order.keep();
    this.run({ spend: () => !over, ended: "the exploration's limit", spent: 0 });
    this.#watch = undefined;
    return this.#replay(kept);
  }
}

/** Configurations between two looks at the budget. */
const unpaidMax = 64;

/** For tests: how soon the search goes back. */
export interface SearchOptions {
  readonly patience?: number;
}
