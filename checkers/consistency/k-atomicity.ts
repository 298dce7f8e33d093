import type { Budget } from "../../harness/budget.ts";
import { type History, HistoryBuilder } from "../../harness/history.ts";
import { canonicalJson, isArray, type Json } from "../../harness/json.ts";
import { register } from "../../harness/objects/register.ts";
import type { SequentialSpec } from "../../harness/spec.ts";
import { decide } from "../linearizability/decide.ts";
import { partsOf } from "../linearizability/parts.ts";
import { type Access, accessesOf, valueName, writersOf } from "./accesses.ts";

/**
 * How stale, exactly: the least k for which the registers are k-atomic (Golab, Li, Shah, 2011; Golab, Hurwitz, Li, 2013).
 * A history is k-atomic if some order of its operations that respects real time lets every read return one of the last
 * k values written before it; 1 is atomic. Registers whose values are written once, keys apart: k is the greatest of any key's.
 *
 * A write takes effect by the end of its own interval and of every read of its value, whichever is first: its deadline.
 *
 *     least   a read is k behind when k - 1 writes lie between: called after the deadline of the write that it reads,
 *             their deadlines before the read's call
 *     most    what the order of the deadlines gives, each read as early as it may come
 *
 * Where these differ, values of k between them are tried: 1 by the zones of a register, others by the search for an order
 * of a register that remembers k values : see decision 009 for
 * why not the quasilinear algorithms for k = 2. A budget that ends leaves an interval.
 */
export interface KAtomicity {
  /** Certain bounds of k, both included; the same number when k is known. */
  readonly least: number;
  readonly most: number;
  /** `Op.index` of the read that shows the lower bound; -1 when it is 1. */
  readonly shownBy: number;
}

/** Bounds, or why there are none: values written twice, a cas, a read of what was not written yet. O(n log n) but for the search. */
export function kAtomicity(history: History, options: { readonly initial?: Json; readonly budget: Budget }): KAtomicity | { readonly reason: string } {
  const initial = options.initial ?? null;
  const all = accessesOf(history);
  const cas = all.find(({ reads, writes }) => reads !== undefined && writes !== undefined);
  if (cas !== undefined) return { reason: `op ${cas.op} is a compare-and-set: k-atomicity is defined for reads and writes` };
  const read = new Set(all.flatMap(({ key, reads }) => (reads === undefined ? [] : [valueName(key, reads)])));
  // A crashed write that nobody read may never have happened, and then it is in nobody's way.
  const accesses = all.filter(({ key, writes, returned }) => returned || (writes !== undefined && read.has(valueName(key, writes))));
  const found = writersOf(accesses, initial);
  if ("reason" in found) return found;
  const keys = new Map<string, Access[]>();
  for (const access of accesses) {
    const list = keys.get(access.key);
    if (list === undefined) keys.set(access.key, [access]);
    else list.push(access);
  }
  let worst: KAtomicity = { least: 1, most: 1, shownBy: -1 };
  for (const list of keys.values()) {
    const columns = columnsOf(history, list, { initial: canonicalJson(initial), writers: found.writers });
    if ("reason" in columns) return columns;
    const bounds = boundsOf(columns);
    const known = bounds.least === bounds.most ? bounds : decided(history, list, { bounds, initial, budget: options.budget });
    worst = { least: Math.max(worst.least, known.least), most: Math.max(worst.most, known.most), shownBy: known.least > worst.least ? known.shownBy : worst.shownBy };
  }
  return worst;
}

/** Reads and writes of one key, in events of the history. The initial value is write 0, before everything. */
interface Columns {
  /** By write: call and deadline. */
  readonly calls: readonly number[];
  readonly deadlines: readonly number[];
  readonly reads: readonly { readonly op: number; readonly write: number }[];
}

function columnsOf(history: History, accesses: readonly Access[], values: { readonly initial: string; readonly writers: ReadonlyMap<string, Access> }): Columns | { readonly reason: string } {
  const numbers = new Map<Access | undefined, number>([[undefined, 0]]);
  const calls = [-2];
  const deadlines = [-1];
  for (const access of accesses) {
    if (access.writes === undefined) continue;
    numbers.set(access, calls.length);
    calls.push(access.op);
    deadlines.push(access.returned ? history.pairs[access.op]! : Number.POSITIVE_INFINITY);
  }
  const reads: { op: number; write: number }[] = [];
  for (const { op, key, reads: value } of accesses) {
    if (value === undefined) continue;
    const writer = values.writers.get(valueName(key, value));
    const end = history.pairs[op]!;
    if (writer === undefined ? value !== values.initial : writer.op > end) return { reason: `op ${op} read ${value}, which nobody had begun to write when it returned: no k explains that` };
    const write = numbers.get(writer)!;
    reads.push({ op, write });
    if (write > 0) deadlines[write] = Math.min(deadlines[write]!, end);
  }
  return { calls, deadlines, reads };
}

function boundsOf({ calls, deadlines, reads }: Columns): KAtomicity {
  const writes = [...calls.keys()].sort((a, b) => deadlines[a]! - deadlines[b]!);
  const sorted = writes.map((write) => deadlines[write]!);
  const place = new Int32Array(writes.length);
  writes.forEach((write, at) => (place[write] = at));
  // For the lower bound: writes in order of deadlines are entered by their calls as the reads' calls pass them.
  const tree = new Int32Array(calls.length + 1);
  let entered = 0;
  let [least, most, shownBy] = [1, 1, -1];
  for (const { op, write } of [...reads].sort((a, b) => a.op - b.op)) {
    const before = countBelow(sorted, op);
    for (; entered < before; entered++) for (let at = writes[entered]! + 1; at <= calls.length; at += at & -at) tree[at]!++;
    let between = before;
    for (let at = countBelow(calls, deadlines[write]!); at > 0; at -= at & -at) between -= tree[at]!;
    if (between + 1 > least) [least, shownBy] = [between + 1, op];
    most = Math.max(most, before - place[write]!);
  }
  return { least, most, shownBy };
}

/** How many of `ascending` are less than `bound`. */
function countBelow(ascending: readonly number[], bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Tries each k from the lower bound on; every answer moves a bound. */
function decided(history: History, accesses: readonly Access[], known: { readonly bounds: KAtomicity; readonly initial: Json; readonly budget: Budget }): KAtomicity {
  let { least } = known.bounds;
  const { most, shownBy } = known.bounds;
  const alone = historyOfKey(history, accesses);
  for (; least < most; least++) {
    const spec = least === 1 ? register(known.initial) : lastValues(least, known.initial);
    const part = partsOf(alone, spec)[0];
    const outcome = part === undefined ? "linearizable" : decide(part, known.budget).outcome;
    if (outcome === "linearizable") return { least, most: least, shownBy };
    if (outcome === "unknown") break;
  }
  return { least, most, shownBy };
}

function historyOfKey(history: History, accesses: readonly Access[]): History {
  const events: { at: number; process: number; type: "invoke" | "ok"; f: string; value: Json }[] = [];
  accesses.forEach(({ op, reads, writes, returned }, process) => {
    const f = reads === undefined ? "write" : "read";
    const written: Json = writes === undefined ? null : (JSON.parse(writes) as Json);
    events.push({ at: op, process, type: "invoke", f, value: written });
    if (returned) events.push({ at: history.pairs[op]!, process, type: "ok", f, value: reads === undefined ? null : (JSON.parse(reads) as Json) });
  });
  events.sort((a, b) => a.at - b.at);
  const builder = new HistoryBuilder();
  for (const { process, type, f, value } of events) builder.push({ process, type, f, value });
  return builder.build();
}

/** A register that remembers the last `k` values, newest first; a read returns any of them. */
export function lastValues(k: number, initial: Json): SequentialSpec {
  return {
    name: `${k}-atomic register`,
    initial: [initial],
    apply(state, call) {
      const values = isArray(state) ? state : [];
      if (call.f === "write") return [{ state: [call.value, ...values].slice(0, k), ret: null }];
      return values.map((ret) => ({ state: values, ret }));
    },
    observes: (call) => call.f === "read",
    readOnly: (call) => call.f === "read",
  };
}
