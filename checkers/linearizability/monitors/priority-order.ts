import type { Json } from "../../../harness/json.ts";
import { compare } from "../../../harness/objects/queue.ts";
import { contradictionAmong, type Monitor, type MonitorAnswer } from "../monitor.ts";
import { NEVER, type Part } from "../parts.ts";
import { covering, EMPTY, judgeBetween, type PairedValues, pairValues, type Span, spansOf, wrongEmpty } from "./paired-values.ts";

/**
 * A priority queue into which every value is inserted once (Lee and Mathur, 2025, decide it in O(n log n) too).
 *
 * The greatest value never matters to the others. It can come out exactly if some moment of its delete-min, after its
 * insert was called, lies in no smaller value's span (from the return of its insert to the call of its delete-min,
 * where it is certainly in): all smaller values can be out then, because around a moment that no span covers every value
 * can be done with before, or begun after, without disturbing the order of the others. So go from the least value
 * to the greatest, and cover each one's span.
 *
 *     insert 1   |--|                             the span of 1 covers the whole delete-min of 2:
 *     delete-min    .              |--| → 1       not linearizable
 *     insert 2   |--|
 *     delete-min          |--| → 2
 *
 * Spans are covered once, by a union of neighbours: O(n log n) for the sorting, nearly linear otherwise.
 */
export const priorityOrder: Monitor = {
  name: "priority-order",
  summary: "priority queue, distinct values: O(n log n)",
  judge(part) {
    if (part.spec.behavesAs !== "priority-queue") return undefined;
    const pairs = pairValues(part, "insert");
    if (pairs === undefined) return undefined;
    const ascending = putsByValue(part, pairs);
    return judgeBetween(pairs, (leftFrom) => judge(part, pairs, { ascending, leftFrom }));
  },
};

interface Given {
  /** Inserts that happened, the least value first. */
  readonly ascending: Int32Array;
  readonly leftFrom: number;
}

/** Inserts that returned or whose value came out, by value. */
function putsByValue(part: Part, { puts, partner }: PairedValues): Int32Array {
  const found: number[] = [];
  for (let i = 0; i < part.count; i++) if (puts[part.classes[i]!] === 1 && (part.returns[i] !== NEVER || partner[i]! >= 0)) found.push(i);
  const valueOf = (put: number): Json => part.classTable[part.classes[put]!]!.call.value;
  const values = found.map(valueOf);
  const places = Uint32Array.from(found.keys());
  if (values.every((value) => typeof value === "number")) {
    const numbers = Float64Array.from(values);
    places.sort((a, b) => numbers[a]! - numbers[b]!);
  } else places.sort((a, b) => compare(values[a]!, values[b]!));
  return Int32Array.from(places, (place) => found[place]!);
}

function judge(part: Part, pairs: PairedValues, given: Given): MonitorAnswer {
  const { calls, returns } = part;
  const free = new FreeMoments(part.eventCount);
  /** By place in `ascending`: the moment of the delete-min. */
  const moments = new Int32Array(given.ascending.length).fill(NEVER);
  for (let place = 0; place < given.ascending.length; place++) {
    const put = given.ascending[place]!;
    const take = pairs.partner[put]!;
    const outCall = take < 0 ? given.leftFrom : calls[take]!;
    if (take >= 0) {
      const from = Math.max(calls[put]!, outCall);
      const moment = free.from(from);
      if (moment >= returns[take]!) return contradictionAmong([put, take, ...smallerAround(part, pairs, { ...given, place, from, to: returns[take]! })]);
      moments[place] = moment;
    }
    if (returns[put]! < outCall) free.cover(returns[put]!, outCall);
  }
  return wrongEmpty(part, pairs, given.leftFrom) ?? { linearizable: true, linearization: () => linearization(part, pairs, { ...given, moments, free }) };
}

/** Few smaller values whose spans cover everything between the two events. */
function smallerAround(part: Part, pairs: PairedValues, given: Given & { readonly place: number; readonly from: number; readonly to: number }): number[] {
  const smaller = new Uint8Array(part.count);
  for (let place = 0; place < given.place; place++) smaller[given.ascending[place]!] = 1;
  const spans: Span[] = [];
  for (const span of spansOf(part, pairs, given.leftFrom)) if (smaller[span.put] === 1) spans.push(span);
  return covering(spans, pairs, given);
}

/**
 * Every delete-min at its moment, every insert as late as it may come; at the same moment the least value first, with
 * its insert before its delete-min if both are there. What found nothing comes last at the first moment that is free.
 */
function linearization(part: Part, pairs: PairedValues, found: Given & { readonly moments: Int32Array; readonly free: FreeMoments }): number[] {
  const placed: { readonly operation: number; readonly time: number; readonly rank: number }[] = [];
  found.ascending.forEach((put, place) => {
    const moment = found.moments[place]!;
    const take = pairs.partner[put]!;
    // Event e is at time 2e, the moment after it at 2e + 1.
    placed.push({ operation: put, time: Math.min(2 * part.returns[put]!, 2 * moment + 1), rank: 2 * place });
    if (take >= 0) placed.push({ operation: take, time: 2 * moment + 1, rank: 2 * place + 1 });
  });
  pairs.partner.forEach((partner, i) => {
    if (partner === EMPTY) placed.push({ operation: i, time: 2 * found.free.from(part.calls[i]!) + 1, rank: Number.POSITIVE_INFINITY });
  });
  placed.sort((a, b) => (a.time === b.time ? (a.rank === b.rank ? 0 : a.rank - b.rank) : a.time - b.time));
  return placed.map(({ operation }) => operation);
}

/** Moments between events, of which some are covered for good: a forest that points to the next free one. */
class FreeMoments {
  readonly #next: Int32Array;

  constructor(events: number) {
    this.#next = Int32Array.from({ length: events + 1 }, (_, e) => e);
  }

  /** The first free moment after event `e` or later; the number of events when there is none. Nearly O(1). */
  from(e: number): number {
    const next = this.#next;
    let root = e;
    while (next[root] !== root) root = next[root]!;
    for (let at = e; at !== root; ) [at, next[at]] = [next[at]!, root];
    return root;
  }

  /** Covers the moments from the one after event `from` to the one before event `to`. */
  cover(from: number, to: number): void {
    const end = Math.min(to, this.#next.length - 1);
    for (let at = this.from(from); at < end; at = this.from(at)) this.#next[at] = at + 1;
  }
}
