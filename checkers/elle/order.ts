import { EdgeList, type Graph, PROCESS, REALTIME } from "./graph.ts";
import { FAIL, OK, type Transactions } from "./transactions.ts";

/**
 * The orders that clients see from outside: each process does one transaction after another, and a transaction that
 * ended before another began precedes it in real time.
 *
 * Real time is an interval order with up to n²/2 pairs. Its transitive reduction has about n × concurrency edges; for
 * the question "is there a cycle" even that is too much, so the graph gets a chain of moments instead, one per
 * completion, with O(n) edges in all:
 *
 *     T1 ──▶ m1 ──▶ m2 ──▶ m3 ──▶ …        a transaction enters the chain where it ends,
 *             │      ▲      └──▶ T4        and is entered from the last moment before it begins
 *             └─▶ T3 T2
 *
 * Only inside a strongly connected component is the reduction itself needed, for cycles of transactions alone.
 */
export type SessionOrder = "none" | "process" | "realtime";

/** Adds process edges: each ok or info transaction to the next of its process. */
export function addProcessOrder(transactions: Transactions, edges: EdgeList): void {
  const last = new Map<number, number>();
  for (let t = 0; t < transactions.count; t++) {
    if (transactions.types[t] === FAIL) continue;
    const process = transactions.processes[t]!;
    const before = last.get(process);
    if (before !== undefined) edges.push(before, t, PROCESS);
    last.set(process, t);
  }
}

/** The last transaction that ended before each began, -1 for none; transactions are in order of their ends. */
export function lastBefore(transactions: Transactions): Int32Array {
  const { count, begins, ends } = transactions;
  const result = new Int32Array(count).fill(-1);
  for (let t = 0; t < count; t++) {
    const begin = begins[t]!;
    if (begin < 0) continue;
    let low = 0;
    let high = t;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! < begin) low = middle + 1;
      else high = middle;
    }
    result[t] = low - 1;
  }
  return result;
}

/** Adds the chain: vertex `base` + t is the moment at which transaction t ended. Returns whether anything precedes anything. */
export function addRealtimeChain(transactions: Transactions, edges: EdgeList, base: number): boolean {
  const { count, types } = transactions;
  const before = lastBefore(transactions);
  let firstOk = 0;
  while (firstOk < count && types[firstOk] !== OK) firstOk++;
  let any = false;
  for (let t = 0; t < count; t++) {
    if (types[t] === OK) edges.push(t, base + t, REALTIME);
    if (t + 1 < count) edges.push(base + t, base + t + 1, REALTIME);
    if (types[t] !== FAIL && before[t]! >= firstOk) {
      edges.push(base + before[t]!, t, REALTIME);
      any = true;
    }
  }
  return any;
}

/**
 * The transitive reduction of real time among `members` (ascending), as calls of `link(earlier, later)`: whoever ended
 * and is not yet behind another that ended too precedes whoever begins. Within a strongly connected component this is
 * the reduction of the whole history: whatever lies between two members is a member. O(members × concurrency).
 */
export function realtimeReduction(transactions: Transactions, members: Int32Array, link: (earlier: number, later: number) => void): void {
  const { types, begins, ends } = transactions;
  const alive = members.filter((t) => types[t] !== FAIL);
  const byBegin = alive.filter((t) => begins[t]! >= 0).sort((a, b) => begins[a]! - begins[b]!);
  let ended = 0;
  let buffer: number[] = [];
  const seenBy = new Map<number, readonly number[]>();
  const end = (t: number): void => {
    const behind = seenBy.get(t);
    seenBy.delete(t);
    if (types[t] !== OK) return;
    if (behind !== undefined && behind.length > 0) {
      const gone = new Set(behind);
      buffer = buffer.filter((earlier) => !gone.has(earlier));
    }
    buffer.push(t);
  };
  for (const t of byBegin) {
    while (ended < alive.length && ends[alive[ended]!]! < begins[t]!) end(alive[ended++]!);
    seenBy.set(t, buffer.slice());
    for (const earlier of buffer) link(earlier, t);
  }
}

/** What stands behind auxiliary vertices of a graph. */
export interface Expansion {
  readonly expand?: (members: Int32Array, link: (from: number, to: number, label: number) => void) => void;
  readonly realtime?: Transactions;
}

/** The subgraph of a component over local vertices 0 … members - 1, auxiliary vertices replaced by the edges that they stand for. */
export function localGraph(graph: Graph, members: Int32Array, expansion: Expansion): Graph {
  const local = new Map<number, number>();
  for (let i = 0; i < members.length; i++) local.set(members[i]!, i);
  const edges = new EdgeList();
  for (let i = 0; i < members.length; i++) {
    for (let e = graph.starts[members[i]!]!; e < graph.starts[members[i]! + 1]!; e++) {
      const to = local.get(graph.targets[e]!);
      if (to !== undefined) edges.push(i, to, graph.labels[e]!);
    }
  }
  const link = (from: number, to: number, label: number): void => {
    const [a, b] = [local.get(from), local.get(to)];
    if (a !== undefined && b !== undefined) edges.push(a, b, label);
  };
  expansion.expand?.(members, link);
  if (expansion.realtime !== undefined) realtimeReduction(expansion.realtime, members, (earlier, later) => link(earlier, later, REALTIME));
  return edges.graph(members.length);
}
