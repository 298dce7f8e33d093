import type { Checker } from "../../harness/checker.ts";
import type { History } from "../../harness/history.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import { type Access, accessesOf, valueName, writersOf } from "./accesses.ts";
import { kAtomicity } from "./k-atomicity.ts";

/**
 * How stale were the reads? On registers whose values are written once, a read is at least k writes behind when k writes
 * of its key lie wholly between the end of the write that it read and its own begin:
 *
 *     C0  |- write 1 -| |- write 2 -| |- write 3 -|
 *     C1                                            |- read → 1 -|        at least 2 behind
 *
 * Cheap for every read of every run: O(n log n), and never too large. How stale the registers were as a whole, exactly where
 * a search can tell, is the k of `kAtomicity`.
 */
export interface Staleness {
  readonly reads: number;
  /** Reads that were behind at all. */
  readonly stale: number;
  /** The most that a read was behind, and its `Op.index`; -1 when none was. */
  readonly most: number;
  readonly worst: number;
  /** By number of writes behind: how many reads. */
  readonly histogram: ReadonlyMap<number, number>;
}

/** The measure, or the reason why it cannot be taken. */
export function stalenessOf(history: History, options: { readonly initial?: Json } = {}): Staleness | { readonly reason: string } {
  const initial = canonicalJson(options.initial ?? null);
  const accesses = accessesOf(history);
  const found = writersOf(accesses, options.initial ?? null);
  if ("reason" in found) return found;
  const byKey = new Map<string, Access[]>();
  for (const access of accesses) {
    const list = byKey.get(access.key);
    if (list === undefined) byKey.set(access.key, [access]);
    else list.push(access);
  }
  const histogram = new Map<number, number>();
  let [reads, stale, most, worst] = [0, 0, 0, -1];
  for (const list of byKey.values()) {
    for (const { op, behind } of behindOf(history, list, { writers: found.writers, initial })) {
      reads++;
      histogram.set(behind, (histogram.get(behind) ?? 0) + 1);
      if (behind > 0) stale++;
      if (behind > most) [most, worst] = [behind, op];
    }
  }
  return { reads, stale, most, worst, histogram: new Map([...histogram].sort(([a], [b]) => a - b)) };
}

/** A measure, never a judgement: always `valid` where it can be taken. */
export function staleness(initial: Json = null): Checker {
  return {
    name: "staleness",
    summary: "how many writes the reads were behind, and the least k for which the registers are k-atomic (values written once); never invalid",
    check: (history, { budget }) =>
      Promise.resolve().then(() => {
        const measured = stalenessOf(history, { initial });
        if ("reason" in measured) return { verdict: "unknown", checker: "staleness", reason: measured.reason };
        const { reads, stale, most, worst, histogram } = measured;
        const atomicity = kAtomicity(history, { initial, budget });
        const k = "reason" in atomicity ? { unknown: atomicity.reason } : { least: atomicity.least, most: atomicity.most };
        return { verdict: "valid", checker: "staleness", details: { reads, stale, most, worst, histogram: Object.fromEntries(histogram), k } };
      }),
  };
}

/** For each read of one key, in order of calls: a Fenwick tree counts writes that have returned, by their calls. */
function behindOf(history: History, accesses: readonly Access[], values: { writers: ReadonlyMap<string, Access>; initial: string }): { op: number; behind: number }[] {
  const writes = accesses.filter(({ writes: value, returned }) => value !== undefined && returned);
  const calls = writes.map(({ op }) => op);
  const byReturn = writes.map((_, i) => i).sort((a, b) => history.pairs[calls[a]!]! - history.pairs[calls[b]!]!);
  const tree = new Int32Array(writes.length + 1);
  let returned = 0;
  const result: { op: number; behind: number }[] = [];
  for (const access of accesses) {
    if (access.reads === undefined || !access.returned) continue;
    for (; returned < byReturn.length && history.pairs[calls[byReturn[returned]!]!]! < access.op; returned++) {
      for (let at = byReturn[returned]! + 1; at <= writes.length; at += at & -at) tree[at]!++;
    }
    const source = values.writers.get(valueName(access.key, access.reads));
    if (source === undefined && access.reads !== values.initial) continue;
    if (source !== undefined && !source.returned) {
      result.push({ op: access.op, behind: 0 });
      continue;
    }
    const end = source === undefined ? -1 : history.pairs[source.op]!;
    let later = returned;
    // Less those called before the source returned.
    for (let at = firstAfter(calls, end); at > 0; at -= at & -at) later -= tree[at]!;
    result.push({ op: access.op, behind: later });
  }
  return result;
}

/** How many of `calls` (ascending) are before `bound`. */
function firstAfter(calls: readonly number[], bound: number): number {
  let low = 0;
  let high = calls.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (calls[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
