import { NEVER, type Part } from "../parts.ts";
import { int32Column } from "../small-columns.ts";
import type { Chain, TextChains } from "./text-chains.ts";

/** Which operation brought about each state that gets saw. */
export interface Writers {
  /** By operation: the state that it led to; 0 where it led to none that was seen. */
  readonly writers: Int32Array;
  /** False where one of several operations was assumed. */
  readonly certain: boolean;
  /** A class of gets that saw a state which no operation can have brought about. */
  readonly without?: number;
}

/**
 * Finds the writer of every state. An operation is out of question if it was called after a get of that state (or a
 * longer one) had returned, or had returned before a get of a shorter one was called. Where that leaves one, it is that
 * one, and it is out of question elsewhere. O(states + operations); texts with many writers: quadratic in those.
 */
export function assignWriters(part: Part, chains: TextChains): Writers {
  const { stateCount, textOf, writes } = chains;
  const bounds = new Bounds(part, chains);
  const writers = int32Column(part.count);
  let certain = true;
  for (const chain of chains.chains.values()) if (bounds.ambiguous(chain)) certain = false;
  // By text: the states that it led to, linked; 0 ends.
  const firstState = int32Column(writes.texts.length);
  const nextState = int32Column(stateCount);
  for (let state = stateCount - 1; state > 0; state--) {
    nextState[state] = firstState[textOf[state]!]!;
    firstState[textOf[state]!] = state;
  }
  for (let text = 0; text < firstState.length; text++) {
    const operations = writes.operations[text]!;
    const first = firstState[text]!;
    if (operations.length === 1 && first !== 0 && nextState[first] === 0) {
      // The usual text: written once, seen as one state.
      if (!bounds.allows(operations[0]!, first)) return { writers, certain, without: bounds.chainOf(first).by };
      writers[operations[0]!] = first;
      continue;
    }
    const open: number[] = [];
    for (let state = first; state !== 0; state = nextState[state]!) open.push(state);
    while (open.length > 0) {
      const choices = open.map((state) => ({ state, operations: operations.filter((operation) => writers[operation] === 0 && bounds.allows(operation, state)) }));
      const next = choices.reduce((least, choice) => (choice.operations.length < least.operations.length ? choice : least));
      const [operation] = next.operations;
      if (operation === undefined) return { writers, certain, without: bounds.chainOf(next.state).by };
      if (next.operations.length > 1) certain = false;
      writers[operation] = next.state;
      open.splice(open.indexOf(next.state), 1);
    }
  }
  return { writers, certain };
}

/** What the gets say about when each state came about. */
class Bounds {
  readonly #part: Part;
  readonly #chains: TextChains;
  /** By state: the first and last call and return of the gets that saw it. */
  readonly #firstCall: Int32Array;
  readonly #lastCall: Int32Array;
  readonly #firstReturn: Int32Array;
  readonly #lastReturn: Int32Array;
  /** By state: its writer was called before this, and returned after that. */
  readonly #calledBefore: Int32Array;
  readonly #returnedAfter: Int32Array;
  readonly #chainOf: Chain[];
  /** The first return of a put: the initial state, and what grew from it, is gone by then. */
  readonly #firstPut: number;

  constructor(part: Part, chains: TextChains) {
    const { stateCount } = chains;
    this.#part = part;
    this.#chains = chains;
    this.#firstCall = int32Column(stateCount).fill(NEVER);
    this.#lastCall = int32Column(stateCount).fill(-1);
    this.#firstReturn = int32Column(stateCount).fill(NEVER);
    this.#lastReturn = int32Column(stateCount).fill(-1);
    this.#calledBefore = int32Column(stateCount).fill(NEVER);
    this.#returnedAfter = int32Column(stateCount).fill(-1);
    this.#chainOf = [];
    this.#firstPut = this.#readGets();
    for (const chain of chains.chains.values()) this.#walk(chain);
  }

  chainOf(state: number): Chain {
    return this.#chainOf[state]!;
  }

  /** Whether the operation, which writes the state's text, may have led to that state. */
  allows(operation: number, state: number): boolean {
    const { calls, returns } = this.#part;
    if (calls[operation]! > this.#calledBefore[state]! || returns[operation]! < this.#returnedAfter[state]!) return false;
    const put = this.#chains.writes.puts[operation] === 1;
    const { states } = this.chainOf(state);
    if (state !== states[0]) return !put;
    return put || states.every((later) => this.#lastCall[later]! < this.#firstPut);
  }

  /** Whether the chain may be two chains, begun by two operations. */
  ambiguous({ states }: Chain): boolean {
    const candidates = this.#chains.writes.operations[this.#chains.textOf[states[0]!]!]!;
    if (candidates.length === 1) return false;
    const lastReturn = states.reduce((last, state) => Math.max(last, this.#lastReturn[state]!), -1);
    const afresh = states.some((state) => this.#firstCall[state]! < this.#firstPut);
    return candidates.filter((operation) => this.#part.calls[operation]! < lastReturn && (this.#chains.writes.puts[operation] === 1 || afresh)).length > 1;
  }

  /** Fills in when each state was seen; returns the first return of a put. */
  #readGets(): number {
    const { classes, calls, returns } = this.#part;
    const { stateOfClass, writes } = this.#chains;
    let firstPut = NEVER;
    for (let i = 0; i < this.#part.count; i++) {
      const called = calls[i]!;
      const returned = returns[i]!;
      const state = stateOfClass[classes[i]!]!;
      if (writes.puts[i] === 1 && returned < firstPut) firstPut = returned;
      if (state < 0 || returned === NEVER) continue;
      if (called < this.#firstCall[state]!) this.#firstCall[state] = called;
      if (called > this.#lastCall[state]!) this.#lastCall[state] = called;
      if (returned < this.#firstReturn[state]!) this.#firstReturn[state] = returned;
      if (returned > this.#lastReturn[state]!) this.#lastReturn[state] = returned;
    }
    return firstPut;
  }

  #walk(chain: Chain): void {
    const { states } = chain;
    let last = -1;
    for (const state of states) {
      this.#chainOf[state] = chain;
      this.#returnedAfter[state] = last;
      last = Math.max(last, this.#lastCall[state]!);
    }
    let first = NEVER;
    for (let k = states.length - 1; k >= 0; k--) this.#calledBefore[states[k]!] = first = Math.min(first, this.#firstReturn[states[k]!]!);
  }
}
