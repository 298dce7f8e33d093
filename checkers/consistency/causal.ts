import type { Checker } from "../../harness/checker.ts";
import type { History } from "../../harness/history.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import type { Anomaly, Verdict } from "../../harness/verdict.ts";
import { type Access, accessesOf, valueName, writersOf } from "./accesses.ts";

/**
 * Causal consistency of registers whose values are written once, by the bad patterns of Bouajjani, Enea, Guerraoui and
 * Hamza (POPL 2017). It is the weakest of the three notions that they tell apart (CC): replicas need not agree on the
 * order of concurrent writes, now or ever. Cause and effect: an operation of a process comes after its earlier
 * ones, and a read after the write that it reads from; and so on through others. Causally consistent exactly if there is no
 *
 *     thin-air-read         a value that nobody wrote
 *     cyclic-causality      an operation that causes itself
 *     write-co-init-read    the initial value is read although a write of that key is among the causes
 *     write-co-read         a value is read although a later write of that key, caused by it, is among the causes
 *
 * Each operation gets a vector: how many operations of each process are among its causes. O(operations × processes).
 */
export function checkCausal(history: History, options: { readonly initial?: Json } = {}): Verdict {
  const initial = canonicalJson(options.initial ?? null);
  const all = accessesOf(history);
  const seen = new Set(all.filter(({ reads, returned }) => reads !== undefined && returned).map(({ key, reads }) => valueName(key, reads!)));
  // A crashed write that nobody read may never have happened: it causes nothing.
  const accesses = all.filter(({ key, writes, returned }) => returned || (writes !== undefined && seen.has(valueName(key, writes))));
  const found = writersOf(accesses, options.initial ?? null);
  if ("reason" in found) return { verdict: "unknown", checker: "causal", reason: found.reason };
  const anomaly = new Causes(accesses, found.writers, initial).broken();
  const details = { operations: accesses.length };
  return anomaly === undefined ? { verdict: "valid", checker: "causal", details } : { verdict: "invalid", checker: "causal", anomalies: [anomaly], details };
}

/** The same as a checker for runs. */
export function causal(initial: Json = null): Checker {
  return {
    name: "causal",
    summary: "no read ignores a write among its causes (registers whose values are written once)",
    check: (history) => Promise.resolve().then(() => checkCausal(history, { initial })),
  };
}

class Causes {
  readonly #accesses: readonly Access[];
  readonly #writers: ReadonlyMap<string, Access>;
  readonly #initial: string;
  readonly #lines = new Map<number, number>();
  /** By access: its process' line and its place there, from 1. */
  readonly #line: Int32Array;
  readonly #place: Int32Array;
  readonly #number = new Map<Access, number>();

  constructor(accesses: readonly Access[], writers: ReadonlyMap<string, Access>, initial: string) {
    this.#accesses = accesses;
    this.#writers = writers;
    this.#initial = initial;
    this.#line = new Int32Array(accesses.length);
    this.#place = new Int32Array(accesses.length);
    const lengths: number[] = [];
    accesses.forEach((access, i) => {
      let line = this.#lines.get(access.process);
      if (line === undefined) this.#lines.set(access.process, (line = this.#lines.size));
      this.#line[i] = line;
      this.#place[i] = lengths[line] = (lengths[line] ?? 0) + 1;
      this.#number.set(access, i);
    });
  }

  broken(): Anomaly | undefined {
    const source = new Int32Array(this.#accesses.length).fill(-1);
    for (const [i, access] of this.#accesses.entries()) {
      if (access.reads === undefined || !access.returned) continue;
      const writer = this.#writers.get(valueName(access.key, access.reads));
      if (writer !== undefined) source[i] = this.#number.get(writer)!;
      else if (access.reads !== this.#initial) return anomaly("thin-air-read", [access.op], `op ${access.op} read ${access.reads}, which nobody wrote`);
    }
    const order = this.#topological(source);
    if (!Array.isArray(order)) return order;
    return this.#walk(order, source);
  }

  /** Accesses with causes first; an anomaly when something causes itself. */
  #topological(source: Int32Array): number[] | Anomaly {
    const count = this.#accesses.length;
    const followers: number[][] = Array.from({ length: count }, () => []);
    const waiting = new Int32Array(count);
    const last = new Map<number, number>();
    for (let i = 0; i < count; i++) {
      const before = last.get(this.#line[i]!);
      last.set(this.#line[i]!, i);
      for (const cause of [before ?? -1, source[i]!]) {
        if (cause < 0) continue;
        followers[cause]!.push(i);
        waiting[i]!++;
      }
    }
    const ready: number[] = [];
    for (let i = count - 1; i >= 0; i--) if (waiting[i] === 0) ready.push(i);
    const order: number[] = [];
    for (let i = ready.pop(); i !== undefined; i = ready.pop()) {
      order.push(i);
      for (const follower of followers[i]!) if (--waiting[follower]! === 0) ready.push(follower);
    }
    if (order.length === count) return order;
    const circle: number[] = [];
    for (let i = 0; i < count; i++) if (waiting[i]! > 0) circle.push(this.#accesses[i]!.op);
    return anomaly("cyclic-causality", circle, `operations cause themselves: each of ops ${circle.slice(0, 20).join(", ")} comes after the others, by its process or by what it read`);
  }

  #walk(order: readonly number[], source: Int32Array): Anomaly | undefined {
    const width = this.#lines.size;
    const clocks: Int32Array[] = new Array<Int32Array>(this.#accesses.length);
    /** By line: the access before. */
    const last: number[] = new Array<number>(width).fill(-1);
    /** By line and key: its writes in order, as access numbers. */
    const writes: Map<string, number[]>[] = Array.from({ length: width }, () => new Map());
    for (const i of order) {
      const access = this.#accesses[i]!;
      const line = this.#line[i]!;
      const clock = last[line]! < 0 ? new Int32Array(width) : clocks[last[line]!]!.slice();
      if (source[i]! >= 0) for (const [p, n] of clocks[source[i]!]!.entries()) if (n > clock[p]!) clock[p] = n;
      // Causes proper: what is before it, itself left out.
      if (access.reads !== undefined && access.returned) {
        for (let p = 0; p < width; p++) {
          const newest = newestWithin(writes[p]!.get(access.key), { place: this.#place, bound: clock[p]! });
          if (newest < 0 || newest === source[i]) continue;
          const from = source[i]!;
          if (from < 0) {
            const ops = [this.#accesses[newest]!.op, access.op];
            return anomaly("write-co-init-read", ops, `op ${access.op} read the initial value ${access.reads}, although op ${ops[0]} wrote ${this.#accesses[newest]!.writes} and is among its causes`);
          }
          if (clocks[newest]![this.#line[from]!]! >= this.#place[from]!) {
            const ops = [this.#accesses[from]!.op, this.#accesses[newest]!.op, access.op];
            return anomaly("write-co-read", ops, `op ${access.op} read ${access.reads} of op ${ops[0]}, although op ${ops[1]} wrote ${this.#accesses[newest]!.writes} after it and is among its causes`);
          }
        }
      }
      clock[line] = this.#place[i]!;
      clocks[i] = clock;
      last[line] = i;
      if (access.writes !== undefined) {
        const list = writes[line]!.get(access.key);
        if (list === undefined) writes[line]!.set(access.key, [i]);
        else list.push(i);
      }
    }
    return undefined;
  }
}

/** The last of `writes` (ascending in their line) whose place is at most `bound`; -1 none. */
function newestWithin(writes: readonly number[] | undefined, line: { place: Int32Array; bound: number }): number {
  if (writes === undefined) return -1;
  let low = 0;
  let high = writes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (line.place[writes[middle]!]! <= line.bound) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? -1 : writes[low - 1]!;
}

function anomaly(name: string, operations: readonly number[], explanation: string): Anomaly {
  return { name, operations: [...new Set(operations)].sort((a, b) => a - b), explanation };
}
