import { assert } from "../../../harness/assert.ts";
import { NEVER, type Part } from "../parts.ts";
import { EMPTY, freeMoments, type PairedValues, spansOf } from "./paired-values.ts";

/**
 * An order that explains a FIFO queue of distinct values without bad patterns.
 *
 * Values are put in order first. An enqueue takes effect before its dequeue's return, a dequeue after its enqueue's call;
 * with the intervals narrowed by that, a comes before b if a's enqueue ends before b's begins, or a's dequeue before
 * b's. A dequeue that finds nothing is a value that goes in and out at a moment that no span covers.
 *
 *     enqueue a |---|           dequeue a     |------|     a before b: its enqueue ended first
 *     enqueue b       |---|     dequeue b   |------|
 *
 * Without a bad pattern no two values come before each other, and then there is no longer cycle either: in an interval
 * order a < b and c < d give a < d or c < b, so of a <in b <out c <in d <out … one end of a pair of <in steps closes a
 * shorter cycle. In that order of values each enqueue takes effect as early as the calls of those before it allow, and
 * each dequeue likewise. (The patterns: Henzinger, Sezgin, Vafeiadis, 2013.) O(n log n) for the sorting.
 */
export function queueOrder(part: Part, pairs: PairedValues): number[] {
  const passages = passagesOf(part, pairs);
  return interleaved(passages, inOrder(passages));
}

/**
 * A value's way through the queue. Times are events; the moment after event e is e + 0.5.
 * What was not dequeued goes out at `NEVER`.
 */
interface Passages {
  /** The operations; -1 none. */
  readonly enqueues: readonly number[];
  readonly dequeues: readonly number[];
  readonly inFrom: readonly number[];
  readonly inUntil: readonly number[];
  readonly outFrom: readonly number[];
  readonly outUntil: readonly number[];
}

function passagesOf(part: Part, pairs: PairedValues): Passages {
  const { calls, returns } = part;
  const enqueues: number[] = [];
  const dequeues: number[] = [];
  const [inFrom, inUntil, outFrom, outUntil]: [number[], number[], number[], number[]] = [[], [], [], []];
  const free = pairs.partner.includes(EMPTY) ? freeMoments(part, spansOf(part, pairs, NEVER)) : undefined;
  for (let i = 0; i < part.count; i++) {
    const out = pairs.partner[i]!;
    if (pairs.puts[part.classes[i]!] === 1) {
      if (out < 0 && returns[i] === NEVER) continue;
      enqueues.push(i);
      dequeues.push(out);
      inFrom.push(calls[i]!);
      inUntil.push(out < 0 ? returns[i]! : Math.min(returns[i]!, returns[out]!));
      outFrom.push(out < 0 ? NEVER : Math.max(calls[i]!, calls[out]!));
      outUntil.push(out < 0 ? NEVER : returns[out]!);
    } else if (free !== undefined && out === EMPTY) {
      enqueues.push(-1);
      dequeues.push(i);
      for (const times of [inFrom, inUntil, outFrom, outUntil]) times.push(free[calls[i]!]! + 0.5);
    }
  }
  return { enqueues, dequeues, inFrom, inUntil, outFrom, outUntil };
}

/** The values so that none comes before another that must come before it. */
function inOrder({ inFrom, inUntil, outFrom, outUntil }: Passages): number[] {
  const count = inFrom.length;
  const order: number[] = [];
  const placed = new Uint8Array(count);
  /** By value: whether nothing left must go in (1) or out before it (1 more). */
  const unhindered = new Uint8Array(count);
  const side = (from: readonly number[], until: readonly number[]): (() => void) => {
    const [byFrom, byUntil] = [sortedBy(from), sortedBy(until)];
    let seen = 0;
    let first = 0;
    return () => {
      while (placed[byUntil[first]!] === 1) first++;
      const limit = until[byUntil[first]!]!;
      for (; seen < count && from[byFrom[seen]!]! <= limit; seen++) if (++unhindered[byFrom[seen]!]! === 2) order.push(byFrom[seen]!);
    };
  };
  const sides = [side(inFrom, inUntil), side(outFrom, outUntil)];
  for (let head = 0; head < count; head++) {
    for (const release of sides) release();
    assert(head < order.length, "without a bad pattern the values of a queue can be put in order");
    placed[order[head]!] = 1;
  }
  return order;
}

function sortedBy(times: readonly number[]): Uint32Array {
  return Uint32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]!);
}

/** Enqueues and dequeues in the order of values, each as early as it can take effect. */
function interleaved({ enqueues, dequeues, inFrom, outFrom }: Passages, values: readonly number[]): number[] {
  const order: number[] = [];
  /** By place in `values`: when it goes in. */
  const entered: number[] = [];
  let out = 0;
  let outTime = -1;
  const leaveUntil = (time: number, end: number): void => {
    for (; out < end; out++) {
      const value = values[out]!;
      outTime = Math.max(outTime, outFrom[value]!, entered[out]!);
      if (outTime > time || dequeues[value]! < 0) return;
      order.push(dequeues[value]!);
    }
  };
  let inTime = -1;
  for (const [place, value] of values.entries()) {
    inTime = Math.max(inTime, inFrom[value]!);
    leaveUntil(inTime, place);
    entered.push(inTime);
    if (enqueues[value]! >= 0) order.push(enqueues[value]!);
  }
  leaveUntil(NEVER, values.length);
  return order;
}
