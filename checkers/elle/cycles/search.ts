import type { Budget } from "../../../harness/budget.ts";
import { componentNumbers, type Graph, R } from "../graph.ts";
import type { Cycle, Kind } from "./kinds.ts";
import { Reachability } from "./reachability.ts";
import { hasNonadjacentWalk } from "./subgraphs.ts";

/** Edges looked at for one kind once a cycle is known, to find a shorter one. */
const shorteningMax = 4_000_000;
/** Edges looked at for one kind without a cycle found: so much, and so much for each edge of the component. */
const searchMax = 30_000_000;
const searchMaxPerEdge = 10;

// What a walk has seen, in a state's low bits.
const ANOTHER = 1; // A second anti-dependency.
const LAST = 2; // The last edge was an anti-dependency.
const ORDER = 4; // The order edge that must occur.

export class Search {
  readonly #graph: Graph;
  readonly #budget: Budget;
  /** By state (vertex · 8 + bits): number of the search that reached it, and the state before. */
  readonly #reached: Int32Array;
  readonly #parent: Int32Array;
  readonly #queue: Int32Array;
  readonly #present: number;
  /** By relations: components, and what can reach what. */
  readonly #components = new Map<number, Int32Array>();
  readonly #reachability = new Map<number, Reachability>();
  readonly #searchMax: number;
  #number = 0;
  #work = 0;

  constructor(graph: Graph, budget: Budget) {
    this.#graph = graph;
    this.#present = graph.labels.reduce((all, label) => all | label, 0);
    this.#searchMax = searchMax + searchMaxPerEdge * graph.targets.length;
    this.#budget = budget;
    this.#reached = new Int32Array(graph.count * 8);
    this.#parent = new Int32Array(graph.count * 8);
    this.#queue = new Int32Array(graph.count * 8);
  }

  /** The shortest cycle, of at most `lengthMax` vertices, that `accept` makes of a closed walk of the kind. */
  shortest(kind: Kind, accept: (vertices: readonly number[]) => Cycle | undefined, lengthMax: number): Cycle | "cut" | undefined {
    const { starts, targets, labels, count } = this.#graph;
    const within = this.#within(kind.allowed);
    if (kind.antidependencies === "nonadjacent" && !hasNonadjacentWalk(this.#graph, kind.allowed)) return undefined;
    // For a single rw the way back has none: most that cannot lead back are refused at once.
    const reach = kind.antidependencies === "single" ? this.#reach(kind.allowed & ~R) : undefined;
    let best: Cycle | undefined;
    this.#work = 0;
    for (let from = 0; from < count; from++) {
      for (let e = starts[from]!; e < starts[from + 1]!; e++) {
        if ((labels[e]! & kind.starts) === 0) continue;
        const to = targets[e]!;
        if (within[from] !== within[to] || (reach !== undefined && !reach.maybe(to, from))) continue;
        const before = this.#work;
        const walk = this.#walk(kind, e, from, { within, reach, lengthMax: best === undefined ? lengthMax : best.vertices.length - 1 });
        const found = walk === undefined ? undefined : accept(walk);
        if (found !== undefined && (best === undefined || found.vertices.length < best.vertices.length)) best = found;
        if (!this.#budget.spend(this.#work - before + 1)) return best ?? "cut";
        if (best !== undefined && (best.vertices.length === 2 || this.#work > shorteningMax)) return best;
        if (this.#work > this.#searchMax) return "cut";
      }
    }
    return best;
  }

  /** The shortest closed walk of the kind that begins with edge `e` from `from`, as vertices; undefined if none is short enough. */
  #walk(kind: Kind, e: number, from: number, limits: { readonly within: Int32Array; readonly reach: Reachability | undefined; readonly lengthMax: number }): number[] | undefined {
    const { starts, targets, labels, hubs = this.#graph.count } = this.#graph;
    const { within, reach, lengthMax } = limits;
    const stamp = ++this.#number;
    const { antidependencies, allowed, order } = kind;
    const wanted = (antidependencies === "multiple" || antidependencies === "nonadjacent" ? ANOTHER : 0) | (order !== 0 ? ORDER : 0);
    const startBits = antidependencies === "nonadjacent" ? LAST : 0;
    const start = targets[e]! * 8 + startBits;
    this.#reached[start] = stamp;
    this.#parent[start] = -1;
    this.#queue[0] = start;
    let tail = 1;
    let depth = 1;
    let shellEnd = 1;
    for (let head = 0; head < tail; head++) {
      if (head === shellEnd) {
        depth++;
        shellEnd = tail;
      }
      if (depth + 1 > lengthMax) return undefined;
      const state = this.#queue[head]!;
      const v = state >> 3;
      const bits = state & 7;
      this.#work += starts[v + 1]! - starts[v]!;
      for (let next = starts[v]!; next < starts[v + 1]!; next++) {
        const label = labels[next]!;
        if ((label & allowed) === 0) continue;
        const to = targets[next]!;
        if (within[to] !== within[from] || (reach !== undefined && !reach.maybe(to, from))) continue;
        let seen = bits;
        if ((label & R) !== 0) {
          if (antidependencies === "single") continue;
          if (antidependencies === "nonadjacent") {
            if ((bits & LAST) !== 0) continue;
            seen |= LAST;
          }
          seen |= ANOTHER;
        } else if (v < hubs) seen &= ~LAST;
        if ((label & order) !== 0) seen |= ORDER;
        if (to === from && (seen & wanted) === wanted && (seen & LAST) === 0) return this.#back(from, state);
        const further = to * 8 + seen;
        if (this.#reached[further] === stamp) continue;
        this.#reached[further] = stamp;
        this.#parent[further] = state;
        this.#queue[tail++] = further;
      }
    }
    return undefined;
  }

  #within(mask: number): Int32Array {
    const relations = mask & this.#present;
    const known = this.#components.get(relations) ?? componentNumbers(this.#graph, relations).of;
    this.#components.set(relations, known);
    return known;
  }

  #reach(mask: number): Reachability {
    const relations = mask & this.#present;
    const known = this.#reachability.get(relations) ?? new Reachability(this.#graph, relations);
    this.#reachability.set(relations, known);
    return known;
  }

  #back(from: number, last: number): number[] {
    const vertices: number[] = [];
    for (let state = last; state !== -1; state = this.#parent[state]!) vertices.push(state >> 3);
    vertices.push(from);
    return vertices.reverse();
  }
}
