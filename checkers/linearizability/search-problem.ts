import type { Json } from "../../harness/json.ts";
import type { Part } from "./parts.ts";

/** What the search is told of a part's object: the object as integers, and what is known beyond single steps. */
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
