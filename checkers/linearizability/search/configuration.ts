import type { SearchProblem } from "../search-problem.ts";
import { CrashedOperations } from "./crashed-operations.ts";
import { assignSlots } from "./slots.ts";

/**
 * Where the search stands: the front, which of the open operations are placed, the state of the object, and how many
 * crashed operations were used up. It knows how to take a step and how to undo it, and nothing of which step is next.
 *
 * A step is a *candidate*: an operation that returned, or `-1 - index` for any one of a crashed class. With it everything
 * is placed that can be placed eagerly, and the front moves to the first return that is not explained. Walking the front
 * back over the events restores the slots; what was placed is restored from a copy that the search kept.
 */
export class Configuration {
  /** The first event, in order, that is the return of an operation not placed yet. */
  front = 0;
  state: number;
  /** Words of 32 slots each. */
  readonly words: number;
  /** By slot, as bits: open operations that are placed. */
  readonly placed: Int32Array;
  readonly crashed: CrashedOperations;
  /** Open operations that are not placed, in the first `waitingCount` places; see `listWaiting`. */
  readonly waiting: Int32Array;
  waitingCount = 0;
  /** When set: every candidate and every operation placed eagerly, in order. */
  log: number[] | undefined;
  readonly #problem: SearchProblem;
  /** By operation: its slot, or -1. */
  readonly #slots: Int32Array;
  /** By slot: the operation that has it, or had it last. */
  readonly #slotOperation: Int32Array;
  /** By slot, as bits: taken. */
  readonly #open: Int32Array;

  constructor(problem: SearchProblem) {
    this.#problem = problem;
    this.state = problem.machine.initial;
    const { slots, width } = assignSlots(problem.part, problem.classes);
    this.words = Math.max(1, (width + 31) >>> 5);
    this.#slots = slots;
    this.#slotOperation = new Int32Array(this.words * 32);
    this.waiting = new Int32Array(this.words * 32);
    this.#open = new Int32Array(this.words);
    this.placed = new Int32Array(this.words);
    this.crashed = new CrashedOperations(problem);
  }

  /** Nothing is placed; the front is at the first event. */
  reset(): void {
    this.rewind(0);
    this.state = this.#problem.machine.initial;
    this.placed.fill(0);
    this.crashed.used.fill(0);
    this.#problem.pace?.reset();
  }

  /** The class of a candidate. */
  classOf(candidate: number): number {
    return candidate >= 0 ? this.#problem.classes[candidate]! : this.crashed.classes[-1 - candidate]!;
  }

  /** Places a candidate and everything open that is then placed eagerly. */
  place(candidate: number): void {
    const id = this.classOf(candidate);
    this.#problem.pace?.place(id);
    this.state = this.#problem.machine.step(this.state, id);
    if (candidate < 0) this.crashed.used[-1 - candidate]!++;
    else {
      const slot = this.#slots[candidate]!;
      this.placed[slot >>> 5]! |= 1 << (slot & 31);
    }
    this.log?.push(candidate);
    this.#absorb();
  }

  /** Takes a candidate out of the counts; the caller restores front, state and what was placed. */
  takeBack(candidate: number): void {
    this.#problem.pace?.takeBack(this.classOf(candidate));
    if (candidate < 0) this.crashed.used[-1 - candidate]!--;
  }

  /** Writes the open operations that are not placed into `waiting`, in order of slots. */
  listWaiting(): void {
    let count = 0;
    for (let w = 0; w < this.words; w++) {
      let rest = this.#open[w]! & ~this.placed[w]!;
      while (rest !== 0) {
        const bit = 31 - Math.clz32(rest);
        rest &= ~(1 << bit);
        this.waiting[count++] = this.#slotOperation[(w << 5) + bit]!;
      }
    }
    this.waitingCount = count;
  }

  /** Eager rule for what is open already. */
  #absorb(): void {
    const { classes, pure } = this.#problem;
    this.listWaiting();
    for (let at = 0; at < this.waitingCount; at++) if (pure[classes[this.waiting[at]!]!] === 1) this.#placeIfPossible(this.waiting[at]!);
  }

  /** Places an operation that changes no state, where it is possible. */
  #placeIfPossible(operation: number): void {
    const { classes, machine } = this.#problem;
    if (machine.step(this.state, classes[operation]!) !== this.state) return;
    const slot = this.#slots[operation]!;
    this.placed[slot >>> 5]! |= 1 << (slot & 31);
    this.log?.push(operation);
  }

  /** Moves the front to the first return that is not explained; true when there is none. */
  advance(): boolean {
    const { classes, pure, part } = this.#problem;
    const { events, eventCount } = part;
    const { called, indexOf } = this.crashed;
    let front = this.front;
    for (; front < eventCount; front++) {
      const event = events[front]!;
      const operation = event >> 1;
      const slot = this.#slots[operation]!;
      if (slot < 0) {
        if ((event & 1) === 0 && indexOf[operation]! >= 0) called[indexOf[operation]!]!++;
        continue;
      }
      const bit = 1 << (slot & 31);
      if ((event & 1) === 0) {
        this.#slotOperation[slot] = operation;
        this.#open[slot >>> 5]! |= bit;
        if (pure[classes[operation]!] === 1) this.#placeIfPossible(operation);
      } else {
        if ((this.placed[slot >>> 5]! & bit) === 0) break;
        this.placed[slot >>> 5]! &= ~bit;
        this.#open[slot >>> 5]! &= ~bit;
      }
    }
    this.front = front;
    return front === eventCount;
  }

  /** Moves the front back to an event, and undoes the slots and counters of `advance`. */
  rewind(to: number): void {
    const { events } = this.#problem.part;
    const { called, indexOf } = this.crashed;
    let front = this.front;
    while (front > to) {
      const event = events[--front]!;
      const operation = event >> 1;
      const slot = this.#slots[operation]!;
      if (slot < 0) {
        if ((event & 1) === 0 && indexOf[operation]! >= 0) called[indexOf[operation]!]!--;
      } else if ((event & 1) === 0) this.#open[slot >>> 5]! &= ~(1 << (slot & 31));
      else {
        this.#slotOperation[slot] = operation;
        this.#open[slot >>> 5]! |= 1 << (slot & 31);
      }
    }
    this.front = front;
  }
}
