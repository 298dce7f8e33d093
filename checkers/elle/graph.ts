/**
 * Dependency graphs: an edge carries a set of relations as bits, so that one graph holds all of them and any question
 * about a subset of relations is a mask (Adya's serialization graph; the predicate forms are apart, as in Elle).
 */
export const WW = 1;
export const WR = 2;
export const RW = 4;
export const WWP = 8;
export const WRP = 16;
export const RWP = 32;
export const PROCESS = 64;
export const REALTIME = 128;

/** Dependencies: what a transaction builds on. */
export const D: number = WW | WWP | WR | WRP;
/** Anti-dependencies: what a transaction did not see. */
export const R: number = RW | RWP;
export const PREDICATE: number = WWP | WRP | RWP;

/** The relations' names, lowest bit first. */
export const relationNames: readonly string[] = ["ww", "wr", "rw", "wwp", "wrp", "rwp", "process", "realtime"];

/** A directed graph in compressed rows: edges of v are `starts[v]` … `starts[v + 1] - 1`. */
export interface Graph {
  readonly count: number;
  readonly starts: Int32Array;
  readonly targets: Int32Array;
  readonly labels: Uint8Array;
  /**
   * Vertices from here on, if there are any, are no transactions but the middle of anti-dependencies: an rw edge leads to
   * one, and its further edges (bit ww, which every set of relations with rw has) belong to that rw edge.
   */
  readonly hubs?: number;
}

/** Edges a chunk, a power of two: a list of any length grows without copying. */
const chunkEdges = 8192;

/** Edges in the order in which they were found; self edges are left out, for a transaction depends on itself freely. */
export class EdgeList {
  length = 0;
  /** From and to of each edge, side by side. */
  readonly #ends: Int32Array[] = [];
  readonly #labels: Uint8Array[] = [];
  #lastEnds = new Int32Array(0);
  #lastLabels = new Uint8Array(0);

  push(from: number, to: number, label: number): void {
    if (from === to) return;
    const at = this.length++ & (chunkEdges - 1);
    if (at === 0) {
      this.#ends.push((this.#lastEnds = new Int32Array(chunkEdges * 2)));
      this.#labels.push((this.#lastLabels = new Uint8Array(chunkEdges)));
    }
    this.#lastEnds[at * 2] = from;
    this.#lastEnds[at * 2 + 1] = to;
    this.#lastLabels[at] = label;
  }

  /** The graph over vertices 0 … count - 1; parallel edges become one with the union of their labels. O(count + length). */
  graph(count: number): Graph {
    const starts = new Int32Array(count + 1);
    const used = (chunk: number): number => Math.min(chunkEdges, this.length - chunk * chunkEdges);
    for (const [chunk, ends] of this.#ends.entries()) for (let e = 0; e < used(chunk); e++) starts[ends[e * 2]! + 1]!++;
    for (let v = 0; v < count; v++) starts[v + 1]! += starts[v]!;
    const next = starts.slice(0, count);
    const targets = new Int32Array(this.length);
    const labels = new Uint8Array(this.length);
    for (const [chunk, ends] of this.#ends.entries()) {
      const labelsHere = this.#labels[chunk]!;
      for (let e = 0; e < used(chunk); e++) {
        const at = next[ends[e * 2]!]!++;
        targets[at] = ends[e * 2 + 1]!;
        labels[at] = labelsHere[e]!;
      }
    }
    // Merge parallel edges in place: `place[to]` is where the edge to `to` of the current row stands.
    const place = next.fill(-1);
    let kept = 0;
    let from = 0;
    for (let v = 0; v < count; v++) {
      const start = kept;
      const end = starts[v + 1]!;
      for (let e = from; e < end; e++) {
        const to = targets[e]!;
        const known = place[to]!;
        if (known >= start) labels[known]! |= labels[e]!;
        else {
          place[to] = kept;
          targets[kept] = to;
          labels[kept++] = labels[e]!;
        }
      }
      starts[v + 1] = kept;
      from = end;
    }
    return { count, starts, targets: targets.subarray(0, kept), labels: labels.subarray(0, kept) };
  }
}

/**
 * Strongly connected components by edges that share a bit with `mask` (Tarjan, SIAM J. Comput. 1972, without
 * recursion): for each vertex its component's number, numbered so that edges between components lead to smaller
 * numbers. `backward` takes vertices and edges in reversed order, which numbers otherwise. O(vertices + edges).
 */
export function componentNumbers(graph: Graph, mask: number = 255, direction: "forward" | "backward" = "forward"): { readonly of: Int32Array; readonly count: number } {
  const { count, starts, targets, labels } = graph;
  const order = new Int32Array(count);
  const low = new Int32Array(count);
  const of = new Int32Array(count).fill(-1);
  const stack = new Int32Array(count);
  const path = new Int32Array(count);
  const backward = direction === "backward";
  const cursor = new Int32Array(count);
  let number = 0;
  let clock = 0;
  let held = 0;
  for (let turn = 0; turn < count; turn++) {
    const root = backward ? count - 1 - turn : turn;
    if (order[root] !== 0) continue;
    let depth = 0;
    path[0] = root;
    order[root] = low[root] = ++clock;
    stack[held++] = root;
    while (depth >= 0) {
      const v = path[depth]!;
      const start = starts[v]!;
      const degree = starts[v + 1]! - start;
      let at = cursor[v]!;
      let lowest = low[v]!;
      let child = -1;
      for (; at < degree; at++) {
        const e = backward ? start + degree - 1 - at : start + at;
        if ((labels[e]! & mask) === 0) continue;
        const to = targets[e]!;
        if (order[to] === 0) {
          child = to;
          at++;
          break;
        }
        if (of[to] === -1 && order[to]! < lowest) lowest = order[to]!;
      }
      cursor[v] = at;
      low[v] = lowest;
      if (child >= 0) {
        order[child] = low[child] = ++clock;
        stack[held++] = child;
        path[++depth] = child;
        continue;
      }
      if (lowest === order[v]) {
        let member: number;
        do {
          member = stack[--held]!;
          of[member] = number;
        } while (member !== v);
        number++;
      }
      depth--;
      if (depth >= 0) {
        const parent = path[depth]!;
        if (lowest < low[parent]!) low[parent] = lowest;
      }
    }
  }
  return { of, count: number };
}

/**
 * Strongly connected components with at least two vertices below `bound` (vertices from there on are auxiliary), only
 * those vertices. Members ascend; components come in order of their least member.
 */
export function components(graph: Graph, options: { readonly mask?: number; readonly bound?: number } = {}): Int32Array[] {
  const bound = options.bound ?? graph.count;
  const { of, count } = componentNumbers(graph, options.mask);
  const sizes = new Int32Array(count);
  for (let v = 0; v < bound; v++) sizes[of[v]!]!++;
  const result: Int32Array[] = [];
  const place = new Int32Array(count).fill(-1);
  for (let v = 0; v < bound; v++) {
    const number = of[v]!;
    if (sizes[number]! < 2) continue;
    if (place[number] === -1) {
      place[number] = result.length;
      result.push(new Int32Array(sizes[number]!));
      sizes[number] = 2; // From here on 2 + the number of members written.
    }
    result[place[number]!]![sizes[number]!++ - 2] = v;
  }
  return result;
}

/** Whether edges that share a bit with `mask` form a cycle. */
export function isCyclic(graph: Graph, mask: number = 255): boolean {
  return componentNumbers(graph, mask).count < graph.count;
}
