import { finish, mix } from "../memo.ts";
import type { SearchProblem } from "../search-problem.ts";
import type { Configuration } from "./configuration.ts";

/** Configurations without a return explained that was not before, after which the search goes back; it doubles from stall to stall at one place. */
const patienceFirst = 4096;
/** Events that it then goes back; doubles with the patience. */
const goBackEventsFirst = 256;
/** Events by which deadlines are then blurred; doubles, too, up to `blurMax`. */
const blurFirst = 64;
const blurMax = 512;

/**
 * Which candidate is tried first, and for how long. No order is best for all histories: candidates come by their
 * deadlines; where the search is stuck it goes back and takes another order, by the deadlines of those that wait for what
 * a candidate brings about (queues begin with it), and with chance mixed in (decision 020).
 */
export class TrialOrder {
  /** Events that the search goes back where it is stuck. */
  goBackEvents: number = goBackEventsFirst;
  readonly #problem: SearchProblem;
  readonly #here: Configuration;
  readonly #patienceFirst: number;
  #patience: number;
  /** Configurations when something was explained last, or the order changed. */
  #since = 0;
  #stalls = 0;
  #urgent: boolean;
  #blur = blurFirst;
  /** Scratch of `sort`; larger than integers of 32 bits, as a blurred `NEVER` is. */
  readonly #priorities: Float64Array;

  constructor(problem: SearchProblem, here: Configuration, patience: number = patienceFirst) {
    this.#problem = problem;
    this.#here = here;
    this.#patienceFirst = patience;
    this.#patience = patience;
    this.#urgent = problem.pace !== undefined;
    this.#priorities = new Float64Array(here.waiting.length);
  }

  /** Orders so far: one more than the times that the search was stuck. */
  get taken(): number {
    return this.#stalls + 1;
  }

  /** One order for ever: everything is visited once. */
  keep(): void {
    this.#patience = Number.POSITIVE_INFINITY;
  }

  /** Whether the search is stuck at that number of configurations. */
  isStuck(configurations: number): boolean {
    return configurations - this.#since >= this.#patience;
  }

  /** A return was explained that was not before. */
  progress(configurations: number): void {
    this.#since = configurations;
    if (this.goBackEvents === goBackEventsFirst) return;
    this.#patience = this.#patienceFirst;
    this.goBackEvents = goBackEventsFirst;
    this.#blur = blurFirst;
  }

  /** The search went back: another order, and twice the patience, so in the end everything is explored. */
  change(configurations: number): void {
    this.#stalls++;
    this.#urgent = !this.#urgent;
    this.#since = configurations;
    this.#patience *= 2;
    this.goBackEvents *= 2;
    this.#blur = Math.min(2 * this.#blur, blurMax);
  }

  /** Insertion sort of candidates that returned, best first: there are few. */
  sort(candidates: Int32Array, start: number, end: number): void {
    const priorities = this.#priorities;
    for (let i = start; i < end; i++) {
      const operation = candidates[i]!;
      const priority = this.#priority(operation);
      let j = i;
      for (; j > start && priorities[j - 1 - start]! > priority; j--) {
        candidates[j] = candidates[j - 1]!;
        priorities[j - start] = priorities[j - 1 - start]!;
      }
      candidates[j] = operation;
      priorities[j - start] = priority;
    }
  }

  /** Smaller is tried first: the deadline, blurred where the search was stuck before. */
  #priority(operation: number): number {
    const deadline = this.#urgent ? this.#urgency(operation) : this.#problem.part.returns[operation]!;
    return this.#stalls === 0 ? deadline : deadline + (finish(mix(operation, this.#stalls)) % this.#blur);
  }

  /** The own deadline, or that of a waiting operation that needs what this one brings about. */
  #urgency(operation: number): number {
    const { part, classes, lookahead, pace } = this.#problem;
    const id = classes[operation]!;
    const own = part.returns[operation]!;
    if (pace?.isPut(id) === true) return pace.wantedBy(id);
    if (lookahead === undefined) return own;
    const target = lookahead.target(id);
    if (target < 0) return own;
    const { waiting, waitingCount } = this.#here;
    let least = own;
    for (let at = 0; at < waitingCount; at++) {
      const other = waiting[at]!;
      if (part.returns[other]! < least && lookahead.consumes(classes[other]!, target)) least = part.returns[other]!;
    }
    return least;
  }
}
