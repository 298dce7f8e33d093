import type { Budget } from "../../harness/budget.ts";
import type { Json } from "../../harness/json.ts";
import { finish, Memo, mix } from "./memo.ts";
import { NEVER, type Part } from "./parts.ts";

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
 */
export interface SearchProblem {
  readonly part: Part;
  /** By operation: its class for the machine, or -1 for an operation that cannot matter. */
  readonly classes: Int32Array;
  readonly classCount: number;
  /** By class: changes no state wherever it is possible. */
  readonly pure: Uint8Array;
  readonly machine: StateMachine;
  readonly lookahead?: Lookahead;
  readonly doom?: Doom;
  readonly pace?: Pace;
}

/** The object as integers. */
export interface StateMachine {
  readonly initial: number;
  /** The next state, or -1 where the operation is impossible. */
  step(state: number, id: number): number;
  /** The values that a state stands for, for people; undefined: any value at all. */
  values(state: number): readonly Json[] | undefined;
}

/** Knowledge about single values: which operation needs the present state, which one brings it about. */
export interface Lookahead {
  /** Whether an operation of class `id` can only happen in `state` (and must, as it returned). */
  consumes(id: number, state: number): boolean;
  /** The only state in which class `id` is possible, or -1. */
  needed(id: number): number;
  /** Whether an operation of class `id` may lead to `state`. */
  produces(id: number, state: number): boolean;
  /** The earliest return among operations called after event `from` that need `state`; `NEVER` if none. */
  nextNeed(state: number, from: number): number;
  /** The first call after event `from` of an operation that may lead to `state`; `NEVER` if none. */
  nextSource(state: number, from: number): number;
  /** The state that a class leads to whatever the state was, or -1. */
  target(id: number): number;
}

/** Knowledge about objects that grow: which answers a state can still lead to. */
export interface Doom {
  /** The state in which every operation that is ever stuck is stuck. */
  readonly bottom: number;
  /** Whether an operation of class `id` (which returned) is impossible from `state` on, unless something resets the object. */
  stuck(id: number, state: number): boolean;
  /** Whether an operation of class `id` may bring the object into a state that did not grow from the present one. */
  resets(id: number): boolean;
  /** Whether a reset of class `reset` leads to a state from which class `id` is not stuck. */
  rescues(reset: number, id: number): boolean;
  /** The first call after event `from` of an operation that rescues class `id`; `NEVER` if none. */
  nextRescue(id: number, from: number): number;
  /** Of the operations called after event `from` that can be stuck, the one that returns first; -1 if none. */
  nextNeed(from: number): number;
}

/** Knowledge about lines: what may be put in next, by how much was put in before. Told of every operation that is placed. */
export interface Pace {
  /** False for an operation that surely comes too early or too late. */
  allows(id: number): boolean;
  /** Whether an operation of class `id` must be put in next, or is late already. */
  due(id: number): boolean;
  /** When what an operation that puts something in puts in now is taken out again; `NEVER`: not at all. */
  wantedBy(id: number): number;
  /** Whether class `id` puts something in. */
  isPut(id: number): boolean;
  place(id: number): void;
  takeBack(id: number): void;
  /** Nothing is placed. */
  reset(): void;
}

export type Outcome = "linearizable" | "not-linearizable" | "unknown";

/** Frames that there is room for at first: most histories are short. */
const framesFirst = 64;

/** Configurations between two looks at the budget. */
const unpaidMax = 64;

/** Configurations without a return explained that was not before, after which the search goes back; it doubles from stall to stall at one place. */
const patienceFirst = 4096;
/** Events that it then goes back; doubles with the patience. */
const goBackEventsFirst = 256;
/** Events by which deadlines are then blurred; doubles, too, up to `blurMax`. */
const blurFirst = 64;
const blurMax = 512;

/** For tests: how soon the search goes back. */
export interface SearchOptions {
  readonly patience?: number;
}

/** One search. */
export class Search {
  /** Configurations visited. */
  configurations = 0;
  /** The furthest event that the search stood at: every return before it could be explained. */
  reached = 0;

  readonly #problem: SearchProblem;
  readonly #patienceFirst: number;
  /** The next order of trials; see `#goBack`. */
  #stalls = 0;
  #urgent = false;
  #patience: number;
  #goBackEvents = goBackEventsFirst;
  #blur = blurFirst;
  /** `configurations` when `reached` grew last, or the search went back. */
  #since = 0;
  readonly #eventCount: number;
  readonly #slots: Int32Array;
  readonly #words: number;
  readonly #slotOperation: Int32Array;
  readonly #open: Int32Array;
  readonly #placed: Int32Array;
  /** By operation: index of its crashed class, -1 for one that returned. */
  readonly #crashed: Int32Array;
  readonly #crashedClasses: readonly number[];
  /** Crashed classes by the state that they lead to, for objects with lookahead. */
  readonly #crashedTo = new Map<number, number[]>();
  /** Crashed classes that lead to a state which a crashed class needs. */
  readonly #crashedLinks: readonly number[];
  readonly #called: Int32Array;
  readonly #used: Int32Array;
  #front = 0;
  #state: number;

  // Frames of the depth-first search, as columns.
  #depth = 0;
  #frameFront = new Int32Array(framesFirst);
  #frameState = new Int32Array(framesFirst);
  #frameNext = new Int32Array(framesFirst);
  #frameEnd = new Int32Array(framesFirst);
  #framePlaced: Int32Array<ArrayBuffer>;
  /** Candidates of all frames: an operation, or -1 - (crashed class). */
  #candidates = new Int32Array(4 * framesFirst);

  readonly #memo: Memo;
  // Scratch of `#collect`.
  readonly #classStamp: Int32Array;
  readonly #classBest: Int32Array;
  readonly #crashedStamp: Int32Array;
  #stamp = 0;
  #log: number[] | undefined;
  #watch: (() => void) | undefined;
  #ends: ((state: number, used: Int32Array) => void) | undefined;
  #outcome: Outcome | undefined;

  constructor(problem: SearchProblem, { patience = patienceFirst }: SearchOptions = {}) {
    this.#problem = problem;
    this.#patienceFirst = patience;
    this.#patience = patience;
    const { part, classes } = problem;
    this.#eventCount = part.eventCount;
    this.#state = problem.machine.initial;
    this.#urgent = problem.pace !== undefined;
    const { slots, width } = assignSlots(part, classes);
    this.#slots = slots;
    this.#words = Math.max(1, (width + 31) >>> 5);
    this.#slotOperation = new Int32Array(this.#words * 32);
    this.#open = new Int32Array(this.#words);
    this.#placed = new Int32Array(this.#words);
    this.#framePlaced = new Int32Array(framesFirst * this.#words);
    this.#crashed = new Int32Array(part.count).fill(-1);
    const crashedClasses: number[] = [];
    const crashedIndex = new Map<number, number>();
    for (let i = 0; i < part.count; i++) {
      if (part.returns[i] !== NEVER || classes[i]! < 0) continue;
      let index = crashedIndex.get(classes[i]!);
      if (index === undefined) {
        index = crashedClasses.push(classes[i]!) - 1;
        crashedIndex.set(classes[i]!, index);
      }
      this.#crashed[i] = index;
    }
    this.#crashedClasses = crashedClasses;
    this.#crashedLinks = this.#indexCrashed();
    this.#crashedStamp = new Int32Array(crashedClasses.length);
    this.#called = new Int32Array(crashedClasses.length);
    this.#used = new Int32Array(crashedClasses.length);
    this.#memo = new Memo(2 + this.#words, crashedClasses.length);
    this.#classStamp = new Int32Array(problem.classCount);
    this.#classBest = new Int32Array(problem.classCount);
  }

  /** Searches until the answer is known or `budget` ends. */
  run(budget: Budget): Outcome {
    if (this.#outcome !== undefined) return this.#outcome;
    if (this.configurations === 0) {
      this.configurations = 1;
      if (this.#advance()) {
        this.#ends?.(this.#state, this.#used);
        return (this.#outcome = "linearizable");
      }
      if (!this.#visit()) return (this.#outcome = "not-linearizable");
    }
    let unpaid = 0;
    for (;;) {
      const top = this.#depth - 1;
      const next = this.#frameNext[top]!;
      if (next < this.#frameEnd[top]!) {
        this.#frameNext[top] = next + 1;
        this.#apply(this.#candidates[next]!);
        if (this.#advance()) {
          if (this.#ends !== undefined) {
            this.#ends(this.#state, this.#used);
            this.#undo();
            continue;
          }
          budget.spend(unpaid);
          return (this.#outcome = "linearizable");
        }
        if (this.#visit()) {
          if (++unpaid === unpaidMax) {
            if (!budget.spend(unpaid)) return "unknown";
            unpaid = 0;
          }
          if (this.configurations - this.#since >= this.#patience) this.#goBack();
        } else this.#undo();
      } else {
        this.#depth--;
        if (this.#depth === 0) {
          budget.spend(unpaid);
          return (this.#outcome = "not-linearizable");
        }
        this.#undo();
      }
    }
  }

  /**
   * After `linearizable`: operations in an order that explains every answer (crashed ones that took effect included).
   * O(operations). The search is used up by it.
   */
  linearization(): number[] {
    return this.#replay(this.#chosen(this.#depth));
  }

  /** The candidates that the first `depth` frames are trying. */
  #chosen(depth: number): number[] {
    const chosen: number[] = [];
    for (let i = 0; i < depth; i++) chosen.push(this.#candidates[this.#frameNext[i]! - 1]!);
    return chosen;
  }

  /** Walks from the start through those candidates and names every operation on the way, eager ones included. */
  #replay(chosen: readonly number[]): number[] {
    this.#rewind(0);
    this.#state = this.#problem.machine.initial;
    this.#placed.fill(0);
    this.#used.fill(0);
    this.#problem.pace?.reset();
    const log: number[] = [];
    this.#log = log;
    this.#advance();
    for (const candidate of chosen) {
      this.#apply(candidate);
      this.#advance();
    }
    this.#log = undefined;
    return this.#namedCrashes(log);
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
    const outcome = this.#runThrough(budget);
    this.#ends = undefined;
    return outcome === "unknown" ? undefined : [...found.values()];
  }

  /** Visits everything once, in one order. */
  #runThrough(budget: Budget): Outcome {
    this.#patience = Number.POSITIVE_INFINITY;
    return this.run(budget);
  }

  /** The classes of crashed operations, in the order that `ends` counts them. */
  get crashedClasses(): readonly number[] {
    return this.#crashedClasses;
  }

  /**
   * Visits configurations, up to `limit`, and shows each to `watch` with the state and the first unexplained return;
   * `watch` returns true to have the way there kept. Returns the last way kept: the operations in their order.
   */
  explore(limit: number, watch: (state: number, front: number) => boolean): number[] {
    let kept: number[] = [];
    let over = false;
    this.#watch = (): void => {
      if (watch(this.#state, this.#front)) kept = this.#chosen(this.#depth);
      if (this.configurations >= limit) over = true;
    };
    const budget: Budget = { spend: () => !over, ended: "the exploration's limit", spent: 0 };
    this.#runThrough(budget);
    this.#watch = undefined;
    return this.#replay(kept);
  }

  /** Places a candidate and everything that is then placed eagerly. */
  #apply(candidate: number): void {
    const { machine, classes, pace } = this.#problem;
    pace?.place(this.#classOf(candidate));
    if (candidate >= 0) {
      this.#state = machine.step(this.#state, classes[candidate]!);
      const slot = this.#slots[candidate]!;
      this.#placed[slot >>> 5]! |= 1 << (slot & 31);
    } else {
      const index = -1 - candidate;
      this.#used[index]!++;
      this.#state = machine.step(this.#state, this.#crashedClasses[index]!);
    }
    this.#log?.push(candidate);
    this.#absorb();
  }

  /**
   * Leaves a place where the search is stuck: takes back what was chosen within the last events and goes on from there in
   * another order. What it forgets was not explored to the end, so the memo is forgotten, too; patience doubles, so in the
   * end everything is explored.
   */
  #goBack(): void {
    const before = this.reached - this.#goBackEvents;
    do {
      this.#depth--;
      this.#undo();
    } while (this.#depth > 1 && this.#frameFront[this.#depth - 1]! > before);
    this.#memo.clear();
    this.#stalls++;
    this.#urgent = !this.#urgent;
    const top = this.#depth - 1;
    const start = top === 0 ? 0 : this.#frameEnd[top - 1]!;
    this.#frameNext[top] = start;
    this.#frameEnd[top] = this.#collect(start);
    this.#since = this.configurations;
    this.#patience *= 2;
    this.#goBackEvents *= 2;
    this.#blur = Math.min(2 * this.#blur, blurMax);
  }

  /** A return was explained that was not before. */
  #progress(front: number): void {
    this.reached = front;
    this.#since = this.configurations;
    if (this.#goBackEvents === goBackEventsFirst) return;
    this.#patience = this.#patienceFirst;
    this.#goBackEvents = goBackEventsFirst;
    this.#blur = blurFirst;
  }

  /** Takes back the candidate that the top frame tried last. */
  #undo(): void {
    const top = this.#depth - 1;
    const candidate = this.#candidates[this.#frameNext[top]! - 1]!;
    this.#problem.pace?.takeBack(this.#classOf(candidate));
    if (candidate < 0) this.#used[-1 - candidate]!--;
    this.#rewind(this.#frameFront[top]!);
    this.#state = this.#frameState[top]!;
    const base = top * this.#words;
    for (let w = 0; w < this.#words; w++) this.#placed[w] = this.#framePlaced[base + w]!;
  }

  #classOf(candidate: number): number {
    return candidate >= 0 ? this.#problem.classes[candidate]! : this.#crashedClasses[-1 - candidate]!;
  }

  /** Eager rule for what is open already. */
  #absorb(): void {
    const { machine, classes, pure } = this.#problem;
    const state = this.#state;
    for (let w = 0; w < this.#words; w++) {
      let rest = this.#open[w]! & ~this.#placed[w]!;
      while (rest !== 0) {
        const bit = 31 - Math.clz32(rest);
        rest &= ~(1 << bit);
        const operation = this.#slotOperation[(w << 5) + bit]!;
        const id = classes[operation]!;
        if (pure[id] === 1 && machine.step(state, id) === state) {
          this.#placed[w]! |= 1 << bit;
          this.#log?.push(operation);
        }
      }
    }
  }

  /** Moves the front to the first return that is not explained; true when there is none. */
  #advance(): boolean {
    const { part, classes, pure, machine } = this.#problem;
    const { events } = part;
    const end = this.#eventCount;
    let front = this.#front;
    while (front < end) {
      const event = events[front]!;
      const operation = event >> 1;
      const slot = this.#slots[operation]!;
      if ((event & 1) === 0) {
        if (slot >= 0) {
          this.#slotOperation[slot] = operation;
          const bit = 1 << (slot & 31);
          this.#open[slot >>> 5]! |= bit;
          const id = classes[operation]!;
          if (pure[id] === 1 && machine.step(this.#state, id) === this.#state) {
            this.#placed[slot >>> 5]! |= bit;
            this.#log?.push(operation);
          }
        } else if (this.#crashed[operation]! >= 0) this.#called[this.#crashed[operation]!]!++;
      } else if (slot >= 0) {
        const bit = 1 << (slot & 31);
        if ((this.#placed[slot >>> 5]! & bit) === 0) break;
        this.#placed[slot >>> 5]! &= ~bit;
        this.#open[slot >>> 5]! &= ~bit;
      }
      front++;
    }
    this.#front = front;
    if (front > this.reached) this.#progress(front);
    return front === end;
  }

  /** Undoes the slots and counters of `advance`; what was placed comes from the frame. */
  #rewind(to: number): void {
    const { events } = this.#problem.part;
    let front = this.#front;
    while (front > to) {
      front--;
      const event = events[front]!;
      const operation = event >> 1;
      const slot = this.#slots[operation]!;
      if ((event & 1) === 0) {
        if (slot >= 0) this.#open[slot >>> 5]! &= ~(1 << (slot & 31));
        else if (this.#crashed[operation]! >= 0) this.#called[this.#crashed[operation]!]!--;
      } else if (slot >= 0) {
        this.#slotOperation[slot] = operation;
        this.#open[slot >>> 5]! |= 1 << (slot & 31);
      }
    }
    this.#front = front;
  }

  /** Opens a frame for the present configuration; false when it is known to fail. */
  #visit(): boolean {
    if (this.#problem.doom !== undefined && this.#doomed(this.#problem.doom, this.#state)) return false;
    if (!this.#memo.add(this.#front, this.#state, this.#placed, this.#used)) return false;
    this.configurations++;
    if (this.#watch !== undefined) this.#watch();
    const start = this.#depth === 0 ? 0 : this.#frameEnd[this.#depth - 1]!;
    const end = this.#collect(start);
    if (end === start) return false;
    const depth = this.#depth++;
    if (depth === this.#frameFront.length) this.#growFrames();
    this.#frameFront[depth] = this.#front;
    this.#frameState[depth] = this.#state;
    this.#frameNext[depth] = start;
    this.#frameEnd[depth] = end;
    const base = depth * this.#words;
    for (let w = 0; w < this.#words; w++) this.#framePlaced[base + w] = this.#placed[w]!;
    return true;
  }

  /** Writes the candidates of the present configuration from `start` on, best first; returns their end. */
  #collect(start: number): number {
    const { part, classes, machine, lookahead, doom } = this.#problem;
    const { returns } = part;
    const state = this.#state;
    // Operations that lead to the bottom need not be tried one by one where the bottom is doomed.
    const bottom = doom !== undefined && this.#doomed(doom, doom.bottom) ? doom.bottom : -2;
    const stamp = ++this.#stamp;
    const held = lookahead !== undefined && this.#mustStay(lookahead, -1);
    let end = start;
    this.#reserve(start + this.#words * 32 + this.#crashedClasses.length);
    const candidates = this.#candidates;
    for (let w = 0; w < this.#words; w++) {
      let rest = this.#open[w]! & ~this.#placed[w]!;
      while (rest !== 0) {
        const bit = 31 - Math.clz32(rest);
        rest &= ~(1 << bit);
        const operation = this.#slotOperation[(w << 5) + bit]!;
        const id = classes[operation]!;
        const next = machine.step(state, id);
        if (next < 0 || (next === bottom && !doom!.resets(id))) continue;
        if (held && next !== state && !(lookahead.consumes(id, state) && !this.#mustStay(lookahead, operation))) continue;
        if (this.#classStamp[id] === stamp) {
          const at = this.#classBest[id]!;
          if (returns[operation]! < returns[candidates[at]!]!) candidates[at] = operation;
        } else {
          this.#classStamp[id] = stamp;
          this.#classBest[id] = end;
          candidates[end++] = operation;
        }
      }
    }
    this.#sort(start, end);
    if (held) return end;
    end = this.#collectCrashed(end, bottom);
    return this.#problem.pace === undefined ? end : this.#keepPace(this.#problem.pace, start, end);
  }

  /** Leaves out the candidates that come too early or too late; what is due leaves no room for others to be put in. */
  #keepPace(pace: Pace, start: number, end: number): number {
    const candidates = this.#candidates;
    let due = false;
    for (let at = start; at < end; at++) {
      if (candidates[at]! < 0 || !pace.due(this.#classOf(candidates[at]!))) continue;
      if (!pace.allows(this.#classOf(candidates[at]!))) return start;
      due = true;
    }
    let kept = start;
    for (let at = start; at < end; at++) {
      const id = this.#classOf(candidates[at]!);
      if (due && pace.isPut(id) && !pace.due(id)) continue;
      if (pace.allows(id)) candidates[kept++] = candidates[at]!;
    }
    return kept;
  }

  /** Writes the crashed classes that may come next from `end` on. */
  #collectCrashed(end: number, bottom: number): number {
    const { classes, machine, lookahead } = this.#problem;
    if (lookahead === undefined) {
      for (let index = 0; index < this.#crashedClasses.length; index++) end = this.#tryCrashed(index, end, bottom);
      return end;
    }
    if (this.#crashedClasses.length === 0) return end;
    for (let w = 0; w < this.#words; w++) {
      let rest = this.#open[w]! & ~this.#placed[w]!;
      while (rest !== 0) {
        const bit = 31 - Math.clz32(rest);
        rest &= ~(1 << bit);
        const id = classes[this.#slotOperation[(w << 5) + bit]!]!;
        if (machine.step(this.#state, id) >= 0) continue;
        const needed = lookahead.needed(id);
        if (needed >= 0) for (const index of this.#crashedTo.get(needed) ?? []) end = this.#tryCrashed(index, end, bottom);
        else for (let index = 0; index < this.#crashedClasses.length; index++) end = this.#tryCrashed(index, end, bottom);
      }
    }
    for (const index of this.#crashedLinks) end = this.#tryCrashed(index, end, bottom);
    return end;
  }

  /** Adds a crashed class to the candidates, once, where one of it is left and changes the state. */
  #tryCrashed(index: number, end: number, bottom: number): number {
    if (this.#called[index]! <= this.#used[index]! || this.#crashedStamp[index] === this.#stamp) return end;
    this.#crashedStamp[index] = this.#stamp;
    const id = this.#crashedClasses[index]!;
    const next = this.#problem.machine.step(this.#state, id);
    if (next < 0 || next === this.#state || (next === bottom && this.#problem.doom?.resets(id) === false)) return end;
    this.#candidates[end] = -1 - index;
    return end + 1;
  }

  /** Fills `#crashedTo`; returns the classes that lead on to others. */
  #indexCrashed(): number[] {
    const { lookahead } = this.#problem;
    if (lookahead === undefined) return [];
    this.#crashedClasses.forEach((id, index) => {
      const target = lookahead.target(id);
      const known = this.#crashedTo.get(target);
      if (known === undefined) this.#crashedTo.set(target, [index]);
      else known.push(index);
    });
    const links = new Set<number>();
    for (const id of this.#crashedClasses) for (const index of this.#crashedTo.get(lookahead.needed(id)) ?? []) links.add(index);
    return [...links];
  }

  /** Whether leaving the present state (by anything but `except`) strands an operation that needs it. */
  #mustStay(lookahead: Lookahead, except: number): boolean {
    const { part, classes } = this.#problem;
    const { returns } = part;
    const state = this.#state;
    let deadline = lookahead.nextNeed(state, this.#front);
    for (let w = 0; w < this.#words; w++) {
      let rest = this.#open[w]! & ~this.#placed[w]!;
      while (rest !== 0) {
        const bit = 31 - Math.clz32(rest);
        rest &= ~(1 << bit);
        const operation = this.#slotOperation[(w << 5) + bit]!;
        if (operation === except) continue;
        const id = classes[operation]!;
        if (lookahead.produces(id, state)) return false;
        if (returns[operation]! < deadline && lookahead.consumes(id, state)) deadline = returns[operation]!;
      }
    }
    if (deadline === NEVER || lookahead.nextSource(state, this.#front) < deadline) return false;
    for (const index of this.#crashedTo.get(state) ?? []) {
      if (this.#called[index]! > this.#used[index]! && lookahead.produces(this.#crashedClasses[index]!, state)) return false;
    }
    return true;
  }

  /** Whether an answer that must come can no longer come, and nothing resets the object in time and to the purpose. */
  #doomed(doom: Doom, state: number): boolean {
    const { part, classes } = this.#problem;
    const { returns } = part;
    const next = doom.nextNeed(this.#front);
    if (next >= 0 && doom.stuck(classes[next]!, state) && !this.#rescued(doom, classes[next]!, returns[next]!)) return true;
    for (let w = 0; w < this.#words; w++) {
      let rest = this.#open[w]! & ~this.#placed[w]!;
      while (rest !== 0) {
        const bit = 31 - Math.clz32(rest);
        rest &= ~(1 << bit);
        const operation = this.#slotOperation[(w << 5) + bit]!;
        const id = classes[operation]!;
        if (doom.stuck(id, state) && !this.#rescued(doom, id, returns[operation]!)) return true;
      }
    }
    return false;
  }

  /** Whether something open, crashed, or called before `deadline` can still make class `id` possible. */
  #rescued(doom: Doom, id: number, deadline: number): boolean {
    const { classes } = this.#problem;
    if (doom.nextRescue(id, this.#front) < deadline) return true;
    for (let w = 0; w < this.#words; w++) {
      let rest = this.#open[w]! & ~this.#placed[w]!;
      while (rest !== 0) {
        const bit = 31 - Math.clz32(rest);
        rest &= ~(1 << bit);
        if (doom.rescues(classes[this.#slotOperation[(w << 5) + bit]!]!, id)) return true;
      }
    }
    for (let index = 0; index < this.#crashedClasses.length; index++) {
      if (this.#called[index]! > this.#used[index]! && doom.rescues(this.#crashedClasses[index]!, id)) return true;
    }
    return false;
  }

  /** Insertion sort by priority: there are few candidates. */
  #sort(start: number, end: number): void {
    const candidates = this.#candidates;
    for (let i = start + 1; i < end; i++) {
      const operation = candidates[i]!;
      const priority = this.#priority(operation);
      let j = i - 1;
      while (j >= start && this.#priority(candidates[j]!) > priority) {
        candidates[j + 1] = candidates[j]!;
        j--;
      }
      candidates[j + 1] = operation;
    }
  }

  /** Smaller is tried first: the deadline, blurred where the search was stuck before. */
  #priority(operation: number): number {
    const deadline = this.#urgent ? this.#urgency(operation) : this.#problem.part.returns[operation]!;
    return this.#stalls === 0 ? deadline : deadline + (finish(mix(operation, this.#stalls)) % this.#blur);
  }

  /** The own deadline, or that of an open operation that needs what this one brings about. */
  #urgency(operation: number): number {
    const { part, classes, lookahead, pace } = this.#problem;
    const own = part.returns[operation]!;
    if (pace?.isPut(classes[operation]!) === true) return pace.wantedBy(classes[operation]!);
    if (lookahead === undefined) return own;
    const target = lookahead.target(classes[operation]!);
    if (target < 0) return own;
    let least = own;
    for (let w = 0; w < this.#words; w++) {
      let rest = this.#open[w]! & ~this.#placed[w]!;
      while (rest !== 0) {
        const bit = 31 - Math.clz32(rest);
        rest &= ~(1 << bit);
        const other = this.#slotOperation[(w << 5) + bit]!;
        if (part.returns[other]! < least && lookahead.consumes(classes[other]!, target)) least = part.returns[other]!;
      }
    }
    return least;
  }

  /** Crashed classes of a log become operations: of a class, those called first. */
  #namedCrashes(log: readonly number[]): number[] {
    const queues: number[][] = this.#crashedClasses.map(() => []);
    for (let i = 0; i < this.#crashed.length; i++) if (this.#crashed[i]! >= 0) queues[this.#crashed[i]!]!.push(i);
    const taken = new Int32Array(queues.length);
    return log.map((entry) => (entry >= 0 ? entry : queues[-1 - entry]![taken[-1 - entry]!++]!));
  }

  #reserve(length: number): void {
    if (length <= this.#candidates.length) return;
    const larger = new Int32Array(Math.max(length, this.#candidates.length * 2));
    larger.set(this.#candidates);
    this.#candidates = larger;
  }

  #growFrames(): void {
    const double = (from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.#frameFront = double(this.#frameFront);
    this.#frameState = double(this.#frameState);
    this.#frameNext = double(this.#frameNext);
    this.#frameEnd = double(this.#frameEnd);
    this.#framePlaced = double(this.#framePlaced);
  }
}

/** Slots as a compiler assigns registers: taken at the call, free again at the return; crashed operations get -1. */
function assignSlots(part: Part, classes: Int32Array): { slots: Int32Array; width: number } {
  const slots = new Int32Array(part.count).fill(-1);
  const free: number[] = [];
  let width = 0;
  for (let e = 0; e < part.eventCount; e++) {
    const event = part.events[e]!;
    const operation = event >> 1;
    if ((event & 1) === 1) {
      if (slots[operation]! >= 0) free.push(slots[operation]!);
    } else if (part.returns[operation] !== NEVER && classes[operation]! >= 0) slots[operation] = free.pop() ?? width++;
  }
  return { slots, width };
}
