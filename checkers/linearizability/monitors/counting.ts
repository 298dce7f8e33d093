import { contradiction, contradictionAmong, type Monitor, type MonitorAnswer } from "../monitor.ts";
import type { Part } from "../parts.ts";
import { EarliestFirst } from "./earliest-first.ts";

/**
 * A counter whose additions are all of one amount: one addition is like another, so only how many have taken effect
 * matters. Sweep over the events and let the number grow as late as possible:
 *
 *     an addition returns, and has not been counted     count it now
 *     a read of k is called, and more than k counted    wrong: k is over
 *     a read of k returns, and fewer than k counted     count called additions up to k, first those that return first
 *
 * The number passes every value between, so an open read of k took effect when the number was k. Which additions a read
 * makes count is no guess: those that return first would have to count first anyway, those that crashed need not count
 * at all. O(n log n) for the choice of the earliest.
 */
export const counting: Monitor = {
  name: "counting",
  summary: "counter, additions of one amount: O(n log n)",
  judge(part) {
    if (part.spec.behavesAs !== "counter") return undefined;
    const forms = formsOf(part);
    return forms === undefined ? undefined : new Sweep(part, forms).judge();
  },
};

/** By class: the amount of an addition, or what a read found. */
export interface CounterForms {
  readonly reads: Uint8Array;
  readonly amounts: Float64Array;
  /** By class of reads: how many additions must have taken effect; not a whole number, or below 0: impossible. */
  readonly counts: Float64Array;
}

/** Undefined where additions differ, or numbers are not exact. Additions of 0 count as nothing. */
function formsOf({ classTable, spec }: Part): CounterForms | undefined {
  const reads = new Uint8Array(classTable.length);
  const amounts = new Float64Array(classTable.length);
  const counts = new Float64Array(classTable.length);
  const initial = Number(spec.initial);
  let amount = 0;
  for (const [id, { call }] of classTable.entries()) {
    reads[id] = call.f === "read" ? 1 : 0;
    if (reads[id] === 1 || call.value === 0) continue;
    if (!Number.isSafeInteger(call.value) || (amount !== 0 && amount !== call.value)) return undefined;
    amounts[id] = amount = Number(call.value);
  }
  for (const [id, { recorded }] of classTable.entries()) {
    if (reads[id] === 0) continue;
    if (!Number.isSafeInteger(recorded)) counts[id] = -1;
    else counts[id] = amount === 0 ? (recorded === initial ? 0 : -1) : (Number(recorded) - initial) / amount;
  }
  return Number.isSafeInteger(initial) ? { reads, amounts, counts } : undefined;
}

class Sweep {
  readonly #part: Part;
  readonly #forms: CounterForms;
  readonly #order: number[] = [];
  /** Additions that were called and are not counted, the one that returns first on top. */
  readonly #open: EarliestFirst;
  /** By operation: 1 placed in the order. */
  readonly #placed: Uint8Array;
  /** By count: the last open read that waits for it, and by read the one before. */
  readonly #waiting = new Map<number, number>();
  readonly #before: Int32Array;
  #count = 0;

  constructor(part: Part, forms: CounterForms) {
    this.#part = part;
    this.#forms = forms;
    this.#open = new EarliestFirst(part.returns);
    this.#placed = new Uint8Array(part.count);
    this.#before = new Int32Array(part.count).fill(-1);
  }

  judge(): MonitorAnswer {
    const { events, eventCount, classes } = this.#part;
    for (let e = 0; e < eventCount; e++) {
      const operation = events[e]! >> 1;
      const id = classes[operation]!;
      const calls = (events[e]! & 1) === 0;
      if (this.#forms.reads[id] === 1) {
        if (!(calls ? this.#begin(operation, this.#forms.counts[id]!) : this.#end(operation, this.#forms.counts[id]!))) return this.#wrong(operation, e);
      } else if (this.#forms.amounts[id] === 0) {
        if (calls) this.#place(operation);
      } else if (calls) this.#open.push(operation);
      else while (this.#placed[operation] === 0) this.#countOne();
    }
    return { linearizable: true, linearization: () => this.#order };
  }

  /** A read is called: false when its count is over, or never comes. */
  #begin(read: number, count: number): boolean {
    if (count < this.#count || !Number.isInteger(count)) return false;
    if (count === this.#count) this.#place(read);
    else {
      this.#before[read] = this.#waiting.get(count) ?? -1;
      this.#waiting.set(count, read);
    }
    return true;
  }

  /** A read returns: false when too few additions were called. */
  #end(read: number, count: number): boolean {
    while (this.#count < count && this.#open.size > 0) this.#countOne();
    return this.#placed[read] === 1;
  }

  /** The next addition takes effect, and the reads that waited for it. */
  #countOne(): void {
    this.#place(this.#open.pop());
    this.#count++;
    for (let read = this.#waiting.get(this.#count) ?? -1; read >= 0; read = this.#before[read]!) this.#place(read);
    this.#waiting.delete(this.#count);
  }

  #place(operation: number): void {
    this.#placed[operation] = 1;
    this.#order.push(operation);
  }

  /** Too few additions: the read alone tells. Too many: what had returned before it made them count. */
  #wrong(read: number, event: number): MonitorAnswer {
    const { calls, returns, count } = this.#part;
    const wanted = this.#forms.counts[this.#part.classes[read]!]!;
    if (event !== calls[read] || wanted < 0 || !Number.isInteger(wanted)) return contradiction(read);
    const before: number[] = [];
    for (let i = 0; i < count && calls[i]! < event; i++) if (returns[i]! < event) before.push(i);
    return contradictionAmong([read, ...before]);
  }
}
