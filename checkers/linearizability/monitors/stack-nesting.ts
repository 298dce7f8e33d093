import { contradictionAmong, type Monitor, type MonitorAnswer } from "../monitor.ts";
import { NEVER, type Part } from "../parts.ts";
import { EMPTY, freeMoments, judgeBetween, type PairedValues, pairValues, spansOf, wrongEmpty } from "./paired-values.ts";
import { Coverage, MinTree } from "./range-trees.ts";

/**
 * A stack onto which every value is pushed once, taken apart from outside (after Lee and Mathur, 2025).
 *
 * A value's span goes from the return of its push to the call of its pop: there it is certainly in. A value without a
 * span can be pushed and popped in one moment and never matters. The others:
 *
 *     cut    at a moment that no span covers the stack may be empty: everything before is done with, the rest begins.
 *            The two sides are independent, because neither's order needs to change for that.
 *     peel   where the spans leave no such moment, one value must lie below all others: pushed first and popped last.
 *            Any value that can be may be taken for it, because what is left was not hindered by it; then cut again.
 *
 *     v1 |--push--|                                          |---pop---|    v1 can be first and last: peel it;
 *     v2     |push|          |pop|                                          without it there is a moment between v2 and v3
 *     v3                              |push|       |pop|                    that no span covers: cut there
 *
 * The part is linearizable exactly if that ends with nothing left. When spans begin at L and end at R, a value can be
 * first and last if its push was called before L and its pop returned after R. Pieces only shrink, so each value is found
 * ready for either once, and each moment is uncovered once: O(n log n) with trees over the values.
 */
export const stackNesting: Monitor = {
  name: "stack-nesting",
  summary: "stack, distinct values: O(n log n)",
  judge(part) {
    if (part.spec.behavesAs !== "stack") return undefined;
    const pairs = pairValues(part, "push");
    return pairs === undefined ? undefined : judgeBetween(pairs, (leftFrom) => judge(part, pairs, leftFrom));
  },
};

function judge(part: Part, pairs: PairedValues, leftFrom: number): MonitorAnswer {
  const nesting = new Nesting(part, pairs, leftFrom);
  const stuck = nesting.takeApart();
  if (stuck !== undefined) return contradictionAmong(stuck.flatMap((push) => [push, pairs.partner[push]!]));
  return wrongEmpty(part, pairs, leftFrom) ?? { linearizable: true, linearization: () => linearization(part, pairs, nesting) };
}

/** A removed value is no least value of anything any more. */
const GONE = NEVER;

class Nesting {
  /** Pushes and pops of values that have spans, in an explaining order; valid once taken apart. */
  readonly order: number[] = [];
  /** Pushes of values that were popped and have none. */
  readonly spanless: number[] = [];
  /** By value, in the order of the returns of pushes: the push, and the event at which its span ends. */
  readonly #pushes: number[] = [];
  readonly #ends: number[] = [];
  /** By value: the first one whose span begins after this one's ends. */
  readonly #nextAfter: Int32Array;
  readonly #part: Part;
  readonly #pairs: PairedValues;
  /** Calls of pushes, of values not yet seen ready to be first. */
  readonly #pushCalls: MinTree;
  /** Returns of pops, negated, of values not yet seen ready to be last. */
  readonly #popReturns: MinTree;
  /** Ends of spans, negated. */
  readonly #latestEnd: MinTree;
  /** By value: the other spans that cover its beginning. */
  readonly #coverage: Coverage;
  readonly #ready: Uint8Array;
  readonly #nextLive: Int32Array;

  constructor(part: Part, pairs: PairedValues, leftFrom: number) {
    this.#part = part;
    this.#pairs = pairs;
    const begun = new Int32Array(part.eventCount + 1);
    for (let e = 0; e < part.eventCount; e++) {
      begun[e] = this.#pushes.length;
      const push = part.events[e]! >> 1;
      if ((part.events[e]! & 1) === 0 || pairs.puts[part.classes[push]!] === 0) continue;
      const pop = pairs.partner[push]!;
      // What stays in is popped after the last event, in any order.
      const end = pop < 0 ? Math.min(leftFrom, part.eventCount) : part.calls[pop]!;
      if (end < e) continue;
      this.#pushes.push(push);
      this.#ends.push(end);
    }
    begun[part.eventCount] = this.#pushes.length;
    for (let i = 0; i < part.count; i++) {
      const pop = pairs.partner[i]!;
      if (pairs.puts[part.classes[i]!] === 1 && pop >= 0 && part.calls[pop]! < part.returns[i]!) this.spanless.push(i);
    }
    const count = this.#pushes.length;
    this.#nextAfter = Int32Array.from(this.#ends, (end) => begun[end]!);
    const cover = new Int32Array(count + 1);
    this.#nextAfter.forEach((next, value) => {
      cover[value + 1]!++;
      if (next < count) cover[next]!--;
    });
    // The span of the last value ends past the last beginning, and its difference is not looked at.
    for (let value = 1; value < count; value++) cover[value]! += cover[value - 1]!;
    this.#coverage = new Coverage(cover.subarray(0, count));
    this.#pushCalls = new MinTree(this.#pushes.map((push) => part.calls[push]!));
    this.#popReturns = new MinTree(this.#pushes.map((push) => -this.#popReturn(push)));
    this.#latestEnd = new MinTree(this.#ends.map((end) => -end));
    this.#ready = new Uint8Array(count);
    this.#nextLive = Int32Array.from({ length: count + 1 }, (_, value) => value);
  }

  /** Cuts and peels until nothing is left; otherwise the pushes of a piece in which no value can be the outermost. */
  takeApart(): number[] | undefined {
    /** Pieces `[from, to)` of values, the first on top; or `[-1 - value, 0]`: time to pop that value. */
    const waiting: [number, number][] = [];
    this.#cut(0, this.#pushes.length, waiting);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [from, to] = next;
      if (from < 0) {
        const pop = this.#pairs.partner[this.#pushes[-1 - from]!]!;
        if (pop >= 0) this.order.push(pop);
        continue;
      }
      const first = this.#live(from);
      if (first >= to) continue;
      const outermost = this.#outermost(first, to);
      if (outermost.length === 0) return this.#alive(first, to);
      for (const value of outermost) {
        this.order.push(this.#pushes[value]!);
        waiting.push([-1 - value, 0]);
        this.#remove(value);
      }
      this.#cut(first, to, waiting);
    }
    return undefined;
  }

  /** Values of the piece that can be pushed before and popped after all others of it. */
  #outermost(from: number, to: number): number[] {
    const left = this.#part.returns[this.#pushes[from]!]!;
    const right = -this.#latestEnd.least(from, to);
    const found: number[] = [];
    const see = (tree: MinTree, bound: number): void => {
      for (let value = tree.firstBelow(from, to, bound); value >= 0; value = tree.firstBelow(from, to, bound)) {
        tree.set(value, GONE);
        if (++this.#ready[value]! === 2) found.push(value);
      }
    };
    see(this.#pushCalls, left);
    see(this.#popReturns, -right);
    return found;
  }

  #remove(value: number): void {
    this.#nextLive[value] = value + 1;
    this.#pushCalls.set(value, GONE);
    this.#popReturns.set(value, GONE);
    this.#latestEnd.set(value, GONE);
    this.#coverage.lower(value + 1, this.#nextAfter[value]!);
  }

  /** Puts the pieces of `[from, to)` between uncovered beginnings on the stack, the first on top. */
  #cut(from: number, to: number, waiting: [number, number][]): void {
    const cuts = [from];
    for (let at = this.#coverage.takeUncovered(from, to); at >= 0; at = this.#coverage.takeUncovered(at + 1, to)) if (at > from) cuts.push(at);
    for (let k = cuts.length - 1; k >= 0; k--) waiting.push([cuts[k]!, k + 1 < cuts.length ? cuts[k + 1]! : to]);
  }

  #live(from: number): number {
    const next = this.#nextLive;
    let root = from;
    while (next[root] !== root) root = next[root]!;
    for (let at = from; at !== root; ) [at, next[at]] = [next[at]!, root];
    return root;
  }

  #alive(from: number, to: number): number[] {
    const pushes: number[] = [];
    for (let value = this.#live(from); value < to; value = this.#live(value + 1)) pushes.push(this.#pushes[value]!);
    return pushes;
  }

  #popReturn(push: number): number {
    const pop = this.#pairs.partner[push]!;
    return pop < 0 ? NEVER : this.#part.returns[pop]!;
  }
}

/**
 * The order found, each operation as early as it may come but not before the last moment at which the stack must be
 * empty for it; between them, at moments of their own, the values without spans and what found nothing.
 */
function linearization(part: Part, pairs: PairedValues, { order, spanless }: Nesting): number[] {
  const free = freeMoments(part, spansOf(part, pairs, NEVER));
  const lastFree = new Int32Array(part.eventCount);
  for (let e = 0, last = -1; e < part.eventCount; e++) lastFree[e] = last = free[e] === e ? e : last;
  // Event e is at time 2e, the moment after it at 2e + 1. What comes first here comes first at the same time.
  const placed: { readonly operations: readonly number[]; readonly time: number }[] = [];
  pairs.partner.forEach((partner, i) => {
    if (partner === EMPTY) placed.push({ operations: [i], time: 2 * free[part.calls[i]!]! + 1 });
  });
  let time = 0;
  let height = 0;
  for (const operation of order) {
    const isPush = pairs.puts[part.classes[operation]!] === 1;
    if (isPush && height === 0) time = Math.max(time, 2 * lastFree[part.returns[operation]!]! + 1);
    time = Math.max(time, 2 * part.calls[operation]!);
    height += isPush ? 1 : -1;
    placed.push({ operations: [operation], time });
  }
  for (const push of spanless) {
    const pop = pairs.partner[push]!;
    placed.push({ operations: [push, pop], time: 2 * Math.max(part.calls[push]!, part.calls[pop]!) });
  }
  placed.sort((a, b) => a.time - b.time);
  return placed.flatMap(({ operations }) => operations);
}
