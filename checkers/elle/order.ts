import type { Analysis } from "./analysis.ts";
import { EdgeList, type Graph, PROCESS, REALTIME, RW } from "./graph.ts";
import { Hubs } from "./hubs.ts";
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
 * Only inside a small strongly connected component is the reduction itself made, for cycles of transactions alone; a
 * large one keeps the chain, and a run of moments in a cycle is told as one step.
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
  readonly expand?: Analysis["expand"];
  readonly realtime?: Transactions;
}

/** The subgraph of a component: vertices 0 … `members` - 1 are its transactions, those from there on moments, then hubs. */
export interface LocalGraph extends Graph {
  readonly members: number;
}

/** Components from this size on keep a chain of moments; in smaller ones real time is edges between transactions. */
const chainMin = 4096;

/** As many rw edges between the readers of one version and those who wrote next are made one by one; more meet in hubs. */
const directMax = 1 << 16;
/** Components up to this size have every edge, for the search among all candidates (see `cycles.ts`). */
export const exactMax = 512;

/** Makes subgraphs of components of one graph; `local` is scratch memory that they share. */
export class LocalGraphs {
  readonly #graph: Graph;
  readonly #expansion: Expansion;
  readonly #local: Int32Array;
  readonly #directMax: number;

  constructor(graph: Graph, expansion: Expansion, options: { readonly directMax: number } = { directMax }) {
    this.#directMax = options.directMax;
    this.#graph = graph;
    this.#expansion = expansion;
    this.#local = new Int32Array(graph.count).fill(-1);
  }

  /** `members` ascend. Auxiliary vertices are replaced by the edges that they stand for. */
  of(members: Int32Array): LocalGraph {
    const { starts, targets, labels } = this.#graph;
    const local = this.#local;
    for (let i = 0; i < members.length; i++) local[members[i]!] = i;
    const edges = new EdgeList();
    for (let i = 0; i < members.length; i++) {
      for (let e = starts[members[i]!]!; e < starts[members[i]! + 1]!; e++) {
        const to = local[targets[e]!]!;
        if (to >= 0) edges.push(i, to, labels[e]!);
      }
    }
    const { realtime } = this.#expansion;
    const chained = realtime !== undefined && members.length >= chainMin;
    const hubs = new Hubs(chained ? members.length * 2 : members.length, edges);
    this.#expansion.expand?.(members, (readers, writers) => {
      const [from, to] = [readers, writers].map((list) => [...new Set(list.map((t) => local[t]!).filter((vertex) => vertex >= 0))]) as [number[], number[]];
      if (members.length > exactMax && from.length * to.length > this.#directMax) hubs.meet(from, to);
      else for (const reader of from) for (const writer of to) edges.push(reader, writer, RW);
    });
    if (chained) addChainAmong(realtime, members, edges);
    else if (realtime !== undefined) realtimeReduction(realtime, members, (earlier, later) => edges.push(local[earlier]!, local[later]!, REALTIME));
    for (const member of members) local[member] = -1;
    return { ...edges.graph(hubs.end), members: members.length, hubs: hubs.first };
  }
}

/** The chain among members: local vertex `members.length` + i is the moment at which member i ended. */
function addChainAmong(transactions: Transactions, members: Int32Array, edges: EdgeList): void {
  const { types, begins, ends } = transactions;
  const count = members.length;
  for (let i = 0; i < count; i++) {
    const t = members[i]!;
    if (types[t] === OK) edges.push(i, count + i, REALTIME);
    if (i + 1 < count) edges.push(count + i, count + i + 1, REALTIME);
    let low = 0;
    let high = i;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[members[middle]!]! < begins[t]!) low = middle + 1;
      else high = middle;
    }
    if (low > 0) edges.push(count + low - 1, i, REALTIME);
  }
}
