import type { Checker } from "../../harness/checker.ts";
import type { History } from "../../harness/history.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import type { Anomaly, Verdict } from "../../harness/verdict.ts";
import { type Access, accessesOf, valueName, writersOf } from "./accesses.ts";
import { CausalOrder, INITIAL } from "./causal/order.ts";

/**
 * Causal consistency of registers whose values are written once, in the three notions that Bouajjani, Enea, Guerraoui and
 * Hamza tell apart ("On verifying causal consistency", POPL 2017), each by the bad patterns that it forbids:
 *
 *     causal        (CC)   no read ignores its causes; replicas need not agree on concurrent writes, now or ever
 *     convergence   (CCv)  and there is one order of all writes that every read goes by: replicas agree in the end
 *     memory        (CM)   and each process sees its causes in one order of its own, all its reads included
 *
 *     thin-air-read         a value that nobody wrote                                                  all
 *     cyclic-causality      an operation that causes itself                                            all
 *     write-co-init-read    the initial value is read although a write of that key is among the causes all
 *     write-co-read         a value is read although a later write of that key, caused by it, is       all
 *     cyclic-conflict       reads say of two writes which came first, causes included, in a circle     convergence
 *     write-hb-init-read    as write-co-init-read, by what the process' reads force                    memory
 *     cyclic-hb             what the process' reads force is a circle                                  memory
 *
 * Convergence and memory each imply plain causality, neither the other. Where a value is written twice nobody knows who read
 * what (deciding it is NP-complete then): unknown. O(operations × processes); memory once more per process and round.
 */
export type CausalNotion = "causal" | "convergence" | "memory";
export const causalNotions: readonly CausalNotion[] = ["causal", "convergence", "memory"];

export interface CausalOptions {
  readonly initial?: Json;
  /** Default: `causal`, the weakest. */
  readonly notion?: CausalNotion;
}

export function checkCausal(history: History, options: CausalOptions = {}): Verdict {
  const { notion = "causal" } = options;
  const initial = canonicalJson(options.initial ?? null);
  const all = accessesOf(history);
  const seen = new Set(all.filter(({ reads, returned }) => reads !== undefined && returned).map(({ key, reads }) => valueName(key, reads!)));
  // A crashed write that nobody read may never have happened: it causes nothing.
  const accesses = all.filter(({ key, writes, returned }) => returned || (writes !== undefined && seen.has(valueName(key, writes))));
  const checker = notion === "causal" ? "causal" : `causal-${notion}`;
  const found = writersOf(accesses, options.initial ?? null);
  if ("reason" in found) return { verdict: "unknown", checker, reason: found.reason };
  const anomaly = broken(accesses, { writers: found.writers, initial, notion });
  const details = { operations: accesses.length };
  return anomaly === undefined ? { verdict: "valid", checker, details } : { verdict: "invalid", checker, anomalies: [anomaly], details };
}

/** The same as a checker for runs. */
export function causal(initial: Json = null, notion: CausalNotion = "causal"): Checker {
  const says = { causal: "no read ignores a write among its causes", convergence: "causal, and all agree on one order of the writes", memory: "causal, and each process sees its causes in one order" };
  return {
    name: notion === "causal" ? "causal" : `causal-${notion}`,
    summary: `${says[notion]} (registers and kv whose values are written once)`,
    check: (history) => Promise.resolve().then(() => checkCausal(history, { initial, notion })),
  };
}

function broken(accesses: readonly Access[], given: { readonly writers: ReadonlyMap<string, Access>; readonly initial: string; readonly notion: CausalNotion }): Anomaly | undefined {
  const thin = accesses.find(({ key, reads, returned }) => reads !== undefined && returned && reads !== given.initial && !given.writers.has(valueName(key, reads)));
  if (thin !== undefined) return anomaly("thin-air-read", [thin.op], `op ${thin.op} read ${thin.reads}, which nobody wrote`);
  const order = new CausalOrder(accesses, given.writers);
  const plain = order.clocks();
  if ("circle" in plain) {
    const circle = opsOf(order, plain.circle);
    return anomaly("cyclic-causality", circle, `operations cause themselves: each of ops ${circle.join(", ")} comes after the others, by its process or by what it read`);
  }
  const ignored = ignoredCause(order, plain.clocks);
  if (ignored !== undefined || given.notion === "causal") return ignored;
  return given.notion === "convergence" ? disagreement(order, plain.clocks) : confusion(order, plain.clocks);
}

/** A read that ignores a write among its causes. */
function ignoredCause(order: CausalOrder, clocks: readonly Int32Array[]): Anomaly | undefined {
  for (const { read, newest } of writesBeforeReads(order, clocks)) {
    const access = order.accesses[read]!;
    const from = order.source[read]!;
    const [wrote, value] = [order.accesses[newest]!.op, order.accesses[newest]!.writes!];
    if (from === INITIAL) {
      return anomaly("write-co-init-read", [wrote, access.op], `op ${access.op} read the initial value ${access.reads}, although op ${wrote} wrote ${value} and is among its causes`);
    }
    if (order.within(from, clocks[newest]!)) {
      const source = order.accesses[from]!.op;
      return anomaly("write-co-read", [source, wrote, access.op], `op ${access.op} read ${access.reads} of op ${source}, although op ${wrote} wrote ${value} after it and is among its causes`);
    }
  }
  return undefined;
}

/** Convergence: of two writes of a key, that which is read comes after that which is only among the causes of the read. */
function disagreement(order: CausalOrder, clocks: readonly Int32Array[]): Anomaly | undefined {
  const edges: [number, number][] = [];
  for (const { read, newest } of writesBeforeReads(order, clocks)) edges.push([newest, order.source[read]!]);
  const judged = order.clocks(edges);
  if (!("circle" in judged)) return undefined;
  const circle = opsOf(order, judged.circle);
  return anomaly("cyclic-conflict", circle, `no one order of the writes suits all reads: causes, and what each read says of two writes, put ops ${circle.join(", ")} in a circle`);
}

/** Memory: what the reads of one process force on its own view of its causes, until nothing is added. */
function confusion(order: CausalOrder, plain: readonly Int32Array[]): Anomaly | undefined {
  for (const line of order.lines) {
    const within = plain[line[line.length - 1]!]!;
    const edges: [number, number][] = [];
    for (let known = -1; known < edges.length; ) {
      known = edges.length;
      const view = order.clocks(edges, within);
      if ("circle" in view) {
        const circle = opsOf(order, view.circle);
        return anomaly("cyclic-hb", circle, `process ${order.accesses[line[0]!]!.process} cannot have seen its causes in one order: its reads put ops ${circle.join(", ")} in a circle`);
      }
      for (const { read, newest } of writesBeforeReads(order, view.clocks, line)) {
        const from = order.source[read]!;
        const [reader, wrote] = [order.accesses[read]!, order.accesses[newest]!];
        if (from === INITIAL) {
          return anomaly("write-hb-init-read", [wrote.op, reader.op], `op ${reader.op} read the initial value ${reader.reads}, although its process must have seen op ${wrote.op} write ${wrote.writes} before`);
        }
        if (!order.within(newest, view.clocks[from]!)) edges.push([newest, from]);
      }
    }
  }
  return undefined;
}

/** For each read, and each process: the newest write of its key among what comes before it, but for the one that it reads. */
function* writesBeforeReads(order: CausalOrder, clocks: readonly Int32Array[], reads?: readonly number[]): Generator<{ readonly read: number; readonly newest: number }> {
  for (const read of reads ?? order.accesses.keys()) {
    const access = order.accesses[read]!;
    if (access.reads === undefined || !access.returned) continue;
    const clock = clocks[read]!;
    for (let line = 0; line < order.width; line++) {
      // A compare-and-set does not come before itself.
      const bound = line === order.line[read] ? clock[line]! - 1 : clock[line]!;
      const newest = order.newestWrite(line, access.key, bound);
      if (newest >= 0 && newest !== order.source[read]) yield { read, newest };
    }
  }
}

function opsOf(order: CausalOrder, accesses: readonly number[]): number[] {
  return accesses.map((access) => order.accesses[access]!.op).slice(0, 20);
}

function anomaly(name: string, operations: readonly number[], explanation: string): Anomaly {
  return { name, operations: [...new Set(operations)].sort((a, b) => a - b), explanation };
}
