import type { Part } from "../parts.ts";
import { int32Column } from "../small-columns.ts";

/** The texts that are put and appended in a part. */
export interface Writes {
  /** Each text once; its number is its place. */
  readonly texts: readonly string[];
  readonly numbers: ReadonlyMap<string, number>;
  /** By text: the operations that write it, in order of their calls. */
  readonly operations: readonly (readonly number[])[];
  /** By operation: the text that it writes; -1 for gets. */
  readonly textOf: Int32Array;
  /** By operation: 1 for a put. */
  readonly puts: Uint8Array;
}

/** The end of the written text that begins at `from` of what a get answered: its length if nothing ends before. */
export type Cut = (answer: string, from: number) => number;

/**
 * How answers can be cut in one way only: every text written ends with one character that is nowhere else in it ("a1."),
 * or every appended one begins with one (",1") that no text has anywhere else. Undefined where neither holds. O(texts).
 */
export function cutterFor({ texts, operations, puts }: Writes): Cut | undefined {
  const [first] = texts;
  if (first === undefined) return (answer) => answer.length;
  const end = first.charAt(first.length - 1);
  if (texts.every((text) => text.indexOf(end) === text.length - 1)) {
    return (answer, from) => {
      const at = answer.indexOf(end, from);
      return at < 0 ? answer.length : at + 1;
    };
  }
  const appended = (text: number): boolean => operations[text]!.some((operation) => puts[operation] === 0);
  const begin = (texts.find((_, text) => appended(text)) ?? first).charAt(0);
  const begins = (text: string, number: number): boolean => {
    const at = text.lastIndexOf(begin);
    return at === 0 || (at < 0 && !appended(number));
  };
  if (!texts.every(begins)) return undefined;
  return (answer, from) => {
    const at = answer.indexOf(begin, from + 1);
    return at < 0 ? answer.length : at;
  };
}

/** The state before every write. */
export const INITIAL = 0;

/** An answer, cut into writes; every other answer with the same first text must be a beginning of it. */
export interface Chain {
  /** The class of the gets that answered it. */
  readonly by: number;
  readonly answer: string;
  /** Where the text of each write ends, ascending, and the state after it. */
  readonly ends: readonly number[];
  readonly states: readonly number[];
}

/**
 * The states that gets saw, in chains: what was put (or appended to the initial state), and what was appended to it.
 *
 *     "a."  →  "a.b."  →  "a.b.c."        gets answered "a.b.c." and "a." (and perhaps others between)
 *
 * Feed the answers from the longest to the shortest. O(length of the answers).
 */
export class TextChains {
  readonly writes: Writes;
  /** States are numbered from 0, the initial one. */
  stateCount: number = 1;
  /** By state: the state that it was appended to; `INITIAL` for the first of a chain. */
  readonly before: number[] = [-1];
  /** By state: the text that led there. */
  readonly textOf: number[] = [-1];
  /** By class of gets: the state that they saw. */
  readonly stateOfClass: Int32Array;
  /** By first text. */
  readonly chains: Map<number, Chain> = new Map<number, Chain>();
  readonly #part: Part;
  readonly #cut: Cut;

  constructor(part: Part, writes: Writes, cut: Cut) {
    this.#part = part;
    this.writes = writes;
    this.#cut = cut;
    this.stateOfClass = int32Column(part.classTable.length).fill(-1);
  }

  /** Takes in what gets of class `id` answered; the classes that it contradicts (none: it is wrong by itself), if it does. */
  add(id: number): readonly number[] | "undecided" | undefined {
    const { recorded } = this.#part.classTable[id]!;
    if (recorded === this.#part.spec.initial) {
      this.stateOfClass[id] = INITIAL;
      return undefined;
    }
    if (typeof recorded !== "string" || recorded === "") return [];
    const first = this.writes.numbers.get(recorded.slice(0, this.#cut(recorded, 0)));
    if (first === undefined) return [];
    const chain = this.chains.get(first);
    if (chain === undefined) return this.#begin(id, recorded);
    const at = indexOf(chain.ends, recorded.length);
    if (at >= 0 && chain.answer.startsWith(recorded)) {
      this.stateOfClass[id] = chain.states[at]!;
      return undefined;
    }
    // Two operations that write the first text could each have begun one of them.
    return this.writes.operations[first]!.length === 1 ? [chain.by] : "undecided";
  }

  #begin(id: number, answer: string): readonly number[] | undefined {
    const ends: number[] = [];
    const states: number[] = [];
    let last = INITIAL;
    for (let from = 0; from < answer.length; ) {
      const end = this.#cut(answer, from);
      const text = this.writes.numbers.get(answer.slice(from, end));
      if (text === undefined) return [];
      ends.push((from = end));
      this.before.push(last);
      this.textOf.push(text);
      last = this.stateCount++;
      states.push(last);
    }
    this.stateOfClass[id] = last;
    this.chains.set(this.textOf[states[0]!]!, { by: id, answer, ends, states });
    return undefined;
  }
}

/** The place of a number in an ascending list, or -1. */
function indexOf(list: readonly number[], wanted: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return list[low] === wanted ? low : -1;
}
