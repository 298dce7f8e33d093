import { canonicalJson } from "../../harness/json.ts";
import { NEVER, type Part } from "./parts.ts";
import type { Pace } from "./search-problem.ts";

/**
 * Where in a queue's line each value may stand. What goes in at place p comes out by the dequeue
 * of rank p (those that found nothing do not count), and when dequeues were called and returned bounds their ranks:
 *
 *     at least  as many as had returned before its call          at most  as many others as were called before its return
 *
 * The k-th enqueue of a value is taken out by the k-th dequeue of it, whose rank is at least the k-th least of these lower
 * bounds and at most the k-th least of the upper ones. So an enqueue that comes too early or too late is known at once,
 * not when its value comes out. What is never taken out stands after everything that is. Of what is possible that goes in
 * first which comes out first.
 *
 * A dequeue that crashed may have had any rank: with one only the order of trials is known. O(events) to build.
 */
export class QueuePace implements Pace {
  /** By class of enqueues: its value; -1 for dequeues. */
  readonly #valueOf: Int32Array;
  /** By value: the bounds of the k-th. */
  readonly #least: readonly (readonly number[])[];
  readonly #most: readonly (readonly number[])[];
  /** By value: the return of the k-th dequeue. */
  readonly #returns: readonly (readonly number[])[];
  readonly #dequeues: number;
  /** Whether no dequeue crashed. */
  readonly #ranked: boolean;
  /** By value: how many are in the line, or were. */
  readonly #placed: Int32Array;
  #length = 0;

  constructor(part: Part) {
    const numbers = new Map<string, number>();
    const value = part.classTable.map(({ call, recorded }) => {
      const text = canonicalJson(call.f === "enqueue" ? call.value : (recorded ?? null));
      return numbers.get(text) ?? (numbers.set(text, numbers.size), numbers.size - 1);
    });
    this.#valueOf = Int32Array.from(part.classTable, ({ call }, id) => (call.f === "enqueue" ? value[id]! : -1));
    const least: number[][] = Array.from(numbers, () => []);
    const most: number[][] = Array.from(numbers, () => []);
    const returns: number[][] = Array.from(numbers, () => []);
    let [called, returned, ranked] = [0, 0, true];
    for (let e = 0; e < part.eventCount; e++) {
      const id = part.classes[part.events[e]! >> 1]!;
      const { call, recorded } = part.classTable[id]!;
      if (call.f !== "dequeue") continue;
      if (recorded === undefined) ranked = false;
      if (recorded === undefined || recorded === null) continue;
      // In order of events both lists ascend.
      if ((part.events[e]! & 1) === 0) {
        called++;
        least[value[id]!]!.push(returned);
      } else {
        returned++;
        most[value[id]!]!.push(called - 1);
        returns[value[id]!]!.push(e);
      }
    }
    this.#least = least;
    this.#most = most;
    this.#returns = returns;
    this.#dequeues = called;
    this.#ranked = ranked;
    this.#placed = new Int32Array(numbers.size);
  }

  allows(id: number): boolean {
    const value = this.#valueOf[id]!;
    if (value < 0 || !this.#ranked) return true;
    const k = this.#placed[value]!;
    const least = this.#least[value]!;
    return k < least.length ? least[k]! <= this.#length && this.#length <= this.#most[value]![k]! : this.#length >= this.#dequeues;
  }

  due(id: number): boolean {
    const value = this.#valueOf[id]!;
    return this.#ranked && value >= 0 && this.#length >= (this.#most[value]![this.#placed[value]!] ?? NEVER);
  }

  wantedBy(id: number): number {
    const value = this.#valueOf[id]!;
    return this.#returns[value]![this.#placed[value]!] ?? NEVER;
  }

  isPut(id: number): boolean {
    return this.#valueOf[id]! >= 0;
  }

  place(id: number): void {
    this.#count(id, 1);
  }

  takeBack(id: number): void {
    this.#count(id, -1);
  }

  reset(): void {
    this.#placed.fill(0);
    this.#length = 0;
  }

  #count(id: number, by: 1 | -1): void {
    const value = this.#valueOf[id]!;
    if (value < 0) return;
    this.#placed[value]! += by;
    this.#length += by;
  }
}
