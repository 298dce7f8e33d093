import type { History } from "../../harness/history.ts";
import { Findings } from "./findings.ts";
import { components, EdgeList } from "./graph.ts";
import { findAnomaliesOfReads, RegisterHistory } from "./rw-register.ts";
import { OK, READ, type Transactions, transactionsOf, WRITE } from "./transactions.ts";

/**
 * Weak isolation on registers, decided exactly and fast: read committed, read atomic and causal consistency.
 *
 * With unique values a read names its writer, so a history is a partial order of sessions and wr edges. Each level says
 * which writers of a key must then have committed before the one that was read (Biswas and Enea, OOPSLA 2019):
 *
 *     t2 writes x,  t3 reads x from t1,  and t2 is known to t3   ⟹   t2 commits before t1
 *     known to t3 means    read committed  t3 read from t2 earlier
 *                          read atomic     t3 read from t2, or t2 is earlier in t3's session
 *                          causal          t2 is in t3's past, over any steps of session and read
 *
 * The level holds exactly if sessions, wr and these edges have no cycle. Of the known writers of x in one session the
 * last alone is needed, so causal takes a clock of one number per session and transaction: O(n · sessions · log n)
 * (after AWDIT, Møldrup and Pavlogiannis, PLDI 2025); the other two are linear in the micro-operations, for short
 * transactions. Only ok transactions take part. Unlike the search for Elle's anomalies this is complete: no order of
 * versions is assumed.
 */
export type WeakLevel = "read-committed" | "read-atomic" | "causal";
export const weakLevels: readonly WeakLevel[] = ["read-committed", "read-atomic", "causal"];

export interface WeakResult {
  readonly valid: boolean;
  /** Anomalies of single reads that the level forbids, sorted. */
  readonly types: readonly string[];
  /** `Op.index` of transactions that would each have to commit before the others, one list a component. */
  readonly circles: readonly (readonly number[])[];
}

/** Judges a history of register transactions. Errors as `transactionsOf`, and for values written twice. */
export function checkWeak(history: History, level: WeakLevel): WeakResult {
  const transactions = transactionsOf(history, { write: "w" });
  const registers = new RegisterHistory(transactions);
  const findings = new Findings();
  findAnomaliesOfReads(registers, findings);
  const forbidden = level === "read-committed" ? ["G1a", "G1b"] : ["G1a", "G1b", "internal"];
  const types = findings.types().filter((type) => forbidden.includes(type));
  const { count } = transactions;
  // Vertex `count` is the writer of all initial values; it comes first, which matters only where something precedes it.
  const edges = new EdgeList();
  const before = (t2: number, t1: number): void => {
    if (t2 === t1) return;
    edges.push(t2, t1, 1);
    if (t1 === count) edges.push(count, t2, 1);
  };
  const reads = externalReads(registers);
  const sessions = sessionsOf(transactions);
  for (let t = 0; t < count; t++) for (const { author } of reads[t]!) if (author >= 0 && author < count) edges.push(author, t, 1);
  for (const members of sessions) for (let i = 1; i < members.length; i++) edges.push(members[i - 1]!, members[i]!, 1);
  if (level === "read-committed") knownByReads(registers, reads, before, "earlier");
  else if (level === "read-atomic") {
    knownByReads(registers, reads, before, "any");
    knownBySession(registers, reads, sessions, before);
  } else knownByPast(registers, reads, sessions, before);
  const circles = components(edges.graph(count + 1), { bound: count + 1 }).map((members) => [...members].filter((t) => t < count).map((t) => transactions.indices[t]!));
  return { valid: types.length === 0 && circles.length === 0, types, circles };
}

/** A read that saw another transaction, in order; author `count` wrote the initial values, -1 nobody known. */
interface ExternalRead {
  readonly key: number;
  readonly author: number;
}

function externalReads(registers: RegisterHistory): ExternalRead[][] {
  const { transactions } = registers;
  const { starts, kinds, keys, values, types } = transactions;
  return Array.from({ length: transactions.count }, (_, t) => {
    const result: ExternalRead[] = [];
    if (types[t] !== OK) return result;
    const written = new Set<number>();
    for (let at = starts[t]!; at < starts[t + 1]!; at++) {
      const key = keys[at]!;
      if (kinds[at] === WRITE) written.add(key);
      else if (kinds[at] === READ && !written.has(key)) {
        const author = values[at] === null ? transactions.count : registers.author(registers.version[at]!);
        if (author !== t) result.push({ key, author });
      }
    }
    return result;
  });
}

/** Ok transactions by process, in order. */
function sessionsOf(transactions: Transactions): number[][] {
  const sessions = new Map<number, number[]>();
  for (let t = 0; t < transactions.count; t++) {
    if (transactions.types[t] !== OK) continue;
    const process = transactions.processes[t]!;
    const members = sessions.get(process);
    if (members === undefined) sessions.set(process, [t]);
    else members.push(t);
  }
  return [...sessions.values()];
}

function writesKey(registers: RegisterHistory, t: number, key: number): boolean {
  const { starts, keys } = registers.transactions;
  for (let at = starts[t]!; at < starts[t + 1]!; at++) if (keys[at] === key && registers.transactions.kinds[at] === WRITE) return true;
  return false;
}

type Before = (t2: number, t1: number) => void;

function knownByReads(registers: RegisterHistory, reads: readonly (readonly ExternalRead[])[], before: Before, which: "earlier" | "any"): void {
  const { count } = registers.transactions;
  for (const list of reads) {
    for (const [place, { key, author }] of list.entries()) {
      if (author < 0) continue;
      const known = which === "earlier" ? list.slice(0, place) : list;
      for (const { author: t2 } of known) if (t2 >= 0 && t2 < count && t2 !== author && writesKey(registers, t2, key)) before(t2, author);
    }
  }
}

function knownBySession(registers: RegisterHistory, reads: readonly (readonly ExternalRead[])[], sessions: readonly (readonly number[])[], before: Before): void {
  const { starts, keys, kinds } = registers.transactions;
  for (const members of sessions) {
    const last = new Map<number, number>();
    for (const t of members) {
      for (const { key, author } of reads[t]!) {
        const t2 = last.get(key);
        if (author >= 0 && t2 !== undefined) before(t2, author);
      }
      for (let at = starts[t]!; at < starts[t + 1]!; at++) if (kinds[at] === WRITE) last.set(keys[at]!, t);
    }
  }
}

/** Causal: clocks in an order that respects sessions and reads; if these have a cycle, it is found anyway. */
function knownByPast(registers: RegisterHistory, reads: readonly (readonly ExternalRead[])[], sessions: readonly (readonly number[])[], before: Before): void {
  const { transactions } = registers;
  const { count, starts, keys, kinds } = transactions;
  const width = sessions.length;
  const sessionOf = new Int32Array(count).fill(-1);
  const placeOf = new Int32Array(count);
  // By session: key → places of its writers, ascending.
  const writers: Map<number, number[]>[] = sessions.map((members, s) => {
    const byKey = new Map<number, number[]>();
    for (const [place, t] of members.entries()) {
      sessionOf[t] = s;
      placeOf[t] = place;
      for (let at = starts[t]!; at < starts[t + 1]!; at++) {
        if (kinds[at] !== WRITE) continue;
        const list = byKey.get(keys[at]!);
        if (list === undefined) byKey.set(keys[at]!, [place]);
        else if (list[list.length - 1] !== place) list.push(place);
      }
    }
    return byKey;
  });
  // By transaction and session: how many of the session's transactions are in its past.
  const clock = new Int32Array(count * width);
  const waiting = new Int32Array(count);
  const dependents = new EdgeList();
  for (let t = 0; t < count; t++) {
    if (sessionOf[t]! < 0) continue;
    if (placeOf[t]! > 0) waiting[t]!++;
    for (const author of new Set(reads[t]!.map((read) => read.author))) {
      if (author < 0 || author >= count) continue;
      waiting[t]!++;
      dependents.push(author, t, 1);
    }
  }
  const next = dependents.graph(count);
  const ready: number[] = [];
  for (let t = 0; t < count; t++) if (sessionOf[t]! >= 0 && waiting[t] === 0) ready.push(t);
  const learn = (from: number, to: number): void => {
    for (let s = 0; s < width; s++) if (clock[from * width + s]! > clock[to * width + s]!) clock[to * width + s] = clock[from * width + s]!;
    const own = to * width + sessionOf[from]!;
    clock[own] = Math.max(clock[own]!, placeOf[from]! + 1);
    if (--waiting[to]! === 0) ready.push(to);
  };
  for (let head = 0; head < ready.length; head++) {
    const t = ready[head]!;
    for (const { key, author } of reads[t]!) {
      if (author < 0) continue;
      for (let s = 0; s < width; s++) {
        const places = writers[s]!.get(key);
        if (places === undefined) continue;
        const last = lastBelow(places, clock[t * width + s]!);
        if (last >= 0) before(sessions[s]![last]!, author);
      }
    }
    const follower = sessions[sessionOf[t]!]![placeOf[t]! + 1];
    if (follower !== undefined) learn(t, follower);
    for (let e = next.starts[t]!; e < next.starts[t + 1]!; e++) learn(t, next.targets[e]!);
  }
}

/** The greatest element below `bound` of an ascending list, or -1. */
function lastBelow(list: readonly number[], bound: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? -1 : list[low - 1]!;
}
