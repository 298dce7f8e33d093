import type { Budget } from "../../harness/budget.ts";
import { componentNumbers, EdgeList, type Graph, isCyclic, PROCESS, REALTIME, RW, RWP, WR, WRP, WW, WWP } from "./graph.ts";
import { cycleSearchOrder, implied } from "./models.ts";

/**
 * Cycles within one strongly connected component, one for each kind that is not implied by another kind found there.
 *
 * A kind of cycle is a set of relations and a condition on its anti-dependencies (rw): none, exactly one, never two in a
 * row, or any number. Adya's phenomena and their variants with session and real-time order are 24 such kinds, tried from
 * the worst on. For each kind every edge that must occur (an rw edge, for G1c a wr edge) starts a breadth-first search
 * back to its origin over states (vertex, what the walk still needs), so the shortest cycle of the kind is found:
 *
 *     u --rw--> v ··· shortest walk, with a second rw / with an order edge / without adjacent rw ··· u
 *
 * An edge that is several relations at once counts as its first alone (`Analysis.precedence`). A walk that visits a
 * vertex twice is split at it, and the part that is of the kind is taken. Work is counted: edges looked at.
 */
export interface Cycle {
  readonly type: string;
  /** Local vertices; the last leads back to the first. */
  readonly vertices: readonly number[];
  /** Bit of the edge from each vertex to the next. */
  readonly labels: readonly number[];
}

export interface ComponentCycles {
  readonly cycles: readonly Cycle[];
  /** Kinds whose search was cut by the budget before it found a cycle or knew that there is none. */
  readonly cut: readonly string[];
}

const D = WW | WWP | WR | WRP;
const R = RW | RWP;
const PREDICATE = WWP | WRP | RWP;

interface Kind {
  readonly type: string;
  readonly allowed: number;
  /** A cycle of this kind has one of these edges; the search starts there. */
  readonly starts: number;
  readonly antidependencies: "none" | "single" | "nonadjacent" | "multiple";
  /** An order edge that must occur, or 0. */
  readonly order: number;
}

const kinds: readonly Kind[] = cycleSearchOrder.map((type) => {
  const order = type.endsWith("-process") ? PROCESS : type.endsWith("-realtime") ? REALTIME : 0;
  const shape = type.replace(/-(?:process|realtime)$/, "");
  if (shape === "G0") return { type, allowed: WW | WWP | order, starts: WW | WWP, antidependencies: "none", order };
  if (shape === "G1c") return { type, allowed: D | order, starts: WR | WRP, antidependencies: "none", order };
  const item = shape.endsWith("-item");
  const name = item ? shape.slice(0, -5) : shape;
  const antidependencies = name === "G-single" ? "single" : name === "G-nonadjacent" ? "nonadjacent" : "multiple";
  // An item cycle has no predicate edge at all; without "-item" all edges may occur.
  return { type, allowed: (item ? WW | WR | RW : D | R) | order, starts: item ? RW : R, antidependencies, order };
});

/** The class of a cycle by its edges, in order. */
export function classify(labels: readonly number[]): string {
  const any = (mask: number): boolean => labels.some((label) => (label & mask) !== 0);
  const suffix = any(REALTIME) ? "-realtime" : any(PROCESS) ? "-process" : "";
  const antidependencies = labels.filter((label) => (label & R) !== 0).length;
  if (antidependencies === 0) return (any(WR | WRP) ? "G1c" : "G0") + suffix;
  const adjacent = labels.some((label, i) => (label & R) !== 0 && (labels[(i + 1) % labels.length]! & R) !== 0);
  const shape = antidependencies === 1 ? "G-single" : adjacent ? "G2" : "G-nonadjacent";
  return shape + (any(PREDICATE) ? "" : "-item") + suffix;
}

/** Each edge's label becomes its one relation that explains it. */
export function explained(graph: Graph, precedence: readonly number[]): Graph {
  const first = new Uint8Array(256);
  for (let labels = 1; labels < 256; labels++) first[labels] = [...precedence, PROCESS, REALTIME].find((bit) => (labels & bit) !== 0) ?? 0;
  return { ...graph, labels: graph.labels.map((labels) => first[labels]!) };
}

/** Edges looked at for one kind once a cycle is known, to find a shorter one. */
const shorteningMax = 4_000_000;
/** Edges looked at for one kind without a cycle found. */
const searchMax = 1_000_000_000;

/** Edges looked at to find candidates that tie with a cycle. */
const tieMax = 5_000_000;
/** Components larger than this are searched without regard to candidates: Elle itself seldom gets through them. */
const candidatesMax = 512;

/**
 * All kinds of a component, given with one label an edge (`explained`) and with all of them (`raw`, same rows).
 *
 * An edge that is several relations at once makes candidates that look like one kind and are, once explained, another.
 * Elle looks only at one candidate of a kind, a shortest one; if that is explained as another kind, this kind is not
 * reported, and the subgraph tests below see to it that no model is spared. To give the same names to the same history
 * we do likewise. Which one of several shortest it takes is not documented; on its recorded answers this agrees: with
 * one anti-dependency every shortest candidate must be what it seems, with more or none one of them. In large components,
 * where Elle's second a component runs out, every kind that exists is reported.
 */
export function findCycles(graph: Graph, raw: Graph, budget: Budget): ComponentCycles {
  const cycles: Cycle[] = [];
  const cut: string[] = [];
  const present = graph.labels.reduce((all, label) => all | label, 0);
  const skip = new Set<string>();
  const search = new Search(graph, budget);
  const candidates = graph.count <= candidatesMax && raw.labels.some((labels, e) => labels !== graph.labels[e]) ? new Candidates(separated(raw), budget) : undefined;
  for (const kind of kinds) {
    if (skip.has(kind.type) || (kind.order !== 0 && (present & kind.order) === 0) || (present & kind.starts) === 0) continue;
    const found = search.shortest(kind, (vertices) => cycleOf(graph, kind, vertices), Number.POSITIVE_INFINITY);
    if (found === "cut") cut.push(kind.type);
    else if (found !== undefined && (candidates === undefined || candidates.agree(kind, found.vertices.length, (vertices) => cycleOf(graph, kind, vertices) !== undefined))) {
      cycles.push(found);
      for (const type of implied([found.type])) skip.add(type);
    }
  }
  return { cycles, cut };
}

/** Candidates for kinds when each edge may be any of its relations. */
class Candidates {
  readonly #graph: Graph;
  readonly #search: Search;

  constructor(graph: Graph, budget: Budget) {
    this.#graph = graph;
    this.#search = new Search(graph, budget);
  }

  /** Whether a cycle of `length` vertices stands against candidates that only look like the kind. */
  agree(kind: Kind, length: number, isOfKind: (vertices: readonly number[]) => boolean): boolean {
    const accept = (vertices: readonly number[]): Cycle | undefined => (new Set(vertices).size === vertices.length ? { type: kind.type, vertices, labels: [] } : undefined);
    const shorter = this.#search.shortest(kind, accept, length - 1);
    if (shorter !== undefined && shorter !== "cut") return false;
    return kind.antidependencies !== "single" || !this.#hasImpostor(kind, length, isOfKind);
  }

  /** Whether a candidate of `length` vertices with one anti-dependency, starting with that, is of another kind. */
  #hasImpostor(kind: Kind, length: number, isOfKind: (vertices: readonly number[]) => boolean): boolean {
    const { starts, targets, labels, count } = this.#graph;
    const within = componentNumbers(this.#graph, kind.allowed).of;
    let work = 0;
    const path: number[] = [];
    const visit = (start: number, v: number, ordered: boolean): boolean => {
      path.push(v);
      for (let e = starts[v]!; e < starts[v + 1]! && work <= tieMax; e++) {
        work++;
        const label = labels[e]!;
        const to = targets[e]!;
        const fits = path.length === 1 ? (label & kind.starts) !== 0 : (label & kind.allowed & ~R) !== 0;
        if (!fits || within[to] !== within[start]) continue;
        const seen = ordered || (label & kind.order) !== 0;
        if (path.length === length) {
          if (to === start && seen && !isOfKind(path)) return true;
        } else if (!path.includes(to) && visit(start, to, seen)) return true;
      }
      path.pop();
      return false;
    };
    for (let start = 0; start < count && work <= tieMax; start++) if (visit(start, start, kind.order === 0)) return true;
    return false;
  }
}

/** A parallel edge for each label of an edge. */
function separated(graph: Graph): Graph {
  const starts = new Int32Array(graph.count + 1);
  const targets: number[] = [];
  const labels: number[] = [];
  for (let v = 0; v < graph.count; v++) {
    for (let e = graph.starts[v]!; e < graph.starts[v + 1]!; e++) {
      for (let bit = 1; bit < 256; bit *= 2) {
        if ((graph.labels[e]! & bit) === 0) continue;
        targets.push(graph.targets[e]!);
        labels.push(bit);
      }
    }
    starts[v + 1] = targets.length;
  }
  return { count: graph.count, starts, targets: Int32Array.from(targets), labels: Uint8Array.from(labels) };
}

/** A closed walk as a cycle of the kind: itself, or a part of it between two visits of a vertex. */
function cycleOf(graph: Graph, kind: Kind, vertices: readonly number[]): Cycle | undefined {
  const first = new Map<number, number>();
  for (const [place, vertex] of vertices.entries()) {
    const before = first.get(vertex);
    if (before !== undefined) return cycleOf(graph, kind, vertices.slice(before, place)) ?? cycleOf(graph, kind, [...vertices.slice(0, before), ...vertices.slice(place)]);
    first.set(vertex, place);
  }
  const labels = vertices.map((vertex, i) => labelOf(graph, vertex, vertices[(i + 1) % vertices.length]!));
  return vertices.length > 1 && classify(labels) === kind.type ? { type: kind.type, vertices, labels } : undefined;
}

function labelOf(graph: Graph, from: number, to: number): number {
  for (let e = graph.starts[from]!; e < graph.starts[from + 1]!; e++) if (graph.targets[e] === to) return graph.labels[e]!;
  return 0;
}

// What a walk has seen, in a state's low bits.
const ANOTHER = 1; // A second anti-dependency.
const LAST = 2; // The last edge was an anti-dependency.
const ORDER = 4; // The order edge that must occur.

class Search {
  readonly #graph: Graph;
  readonly #budget: Budget;
  /** By state (vertex · 8 + bits): number of the search that reached it, and the state before. */
  readonly #reached: Int32Array;
  readonly #parent: Int32Array;
  readonly #queue: Int32Array;
  #number = 0;
  #work = 0;

  constructor(graph: Graph, budget: Budget) {
    this.#graph = graph;
    this.#budget = budget;
    this.#reached = new Int32Array(graph.count * 8);
    this.#parent = new Int32Array(graph.count * 8);
    this.#queue = new Int32Array(graph.count * 8);
  }

  /** The shortest cycle, of at most `lengthMax` vertices, that `accept` makes of a closed walk of the kind. */
  shortest(kind: Kind, accept: (vertices: readonly number[]) => Cycle | undefined, lengthMax: number): Cycle | "cut" | undefined {
    const { starts, targets, labels, count } = this.#graph;
    const within = componentNumbers(this.#graph, kind.allowed).of;
    if (kind.antidependencies === "nonadjacent" && !hasNonadjacentWalk(this.#graph, kind.allowed)) return undefined;
    // For a single rw the way back has none: it can only go on along the other edges' topological order.
    const rank = kind.antidependencies === "single" ? componentNumbers(this.#graph, kind.allowed & ~R).of : undefined;
    let best: Cycle | undefined;
    this.#work = 0;
    for (let from = 0; from < count; from++) {
      for (let e = starts[from]!; e < starts[from + 1]!; e++) {
        if ((labels[e]! & kind.starts) === 0) continue;
        const to = targets[e]!;
        if (within[from] !== within[to] || (rank !== undefined && rank[to]! < rank[from]!)) continue;
        const before = this.#work;
        const walk = this.#walk(kind, e, from, { within, rank, lengthMax: best === undefined ? lengthMax : best.vertices.length - 1 });
        const found = walk === undefined ? undefined : accept(walk);
        if (found !== undefined && (best === undefined || found.vertices.length < best.vertices.length)) best = found;
        if (!this.#budget.spend(this.#work - before + 1)) return best ?? "cut";
        if (best !== undefined && (best.vertices.length === 2 || this.#work > shorteningMax)) return best;
        if (this.#work > searchMax) return "cut";
      }
    }
    return best;
  }

  /** The shortest closed walk of the kind that begins with edge `e` from `from`, as vertices; undefined if none is short enough. */
  #walk(kind: Kind, e: number, from: number, limits: { readonly within: Int32Array; readonly rank: Int32Array | undefined; readonly lengthMax: number }): number[] | undefined {
    const { starts, targets, labels } = this.#graph;
    const { within, rank, lengthMax } = limits;
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
        if (within[to] !== within[from] || (rank !== undefined && rank[to]! < rank[from]!)) continue;
        let seen = bits;
        if ((label & R) !== 0) {
          if (antidependencies === "single") continue;
          if (antidependencies === "nonadjacent") {
            if ((bits & LAST) !== 0) continue;
            seen |= LAST;
          }
          seen |= ANOTHER;
        } else seen &= ~LAST;
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

  #back(from: number, last: number): number[] {
    const vertices: number[] = [];
    for (let state = last; state !== -1; state = this.#parent[state]!) vertices.push(state >> 3);
    vertices.push(from);
    return vertices.reverse();
  }
}

/** Whether some closed walk has anti-dependencies, no two of them in a row: a cycle over (vertex, last edge was one). */
function hasNonadjacentWalk(graph: Graph, allowed: number): boolean {
  const { count, starts, targets, labels } = graph;
  const edges = new EdgeList();
  for (let v = 0; v < count; v++) {
    for (let e = starts[v]!; e < starts[v + 1]!; e++) {
      const label = labels[e]! & allowed;
      if (label === 0) continue;
      const to = targets[e]!;
      if ((label & R) !== 0) edges.push(v, count + to, label);
      else {
        edges.push(v, to, label);
        edges.push(count + v, to, label);
      }
    }
  }
  const product = edges.graph(count * 2);
  const { of } = componentNumbers(product);
  for (let v = 0; v < count; v++) {
    for (let e = product.starts[v]!; e < product.starts[v + 1]!; e++) if ((product.labels[e]! & R) !== 0 && of[v] === of[product.targets[e]!]) return true;
  }
  return false;
}

/** A model whose histories have no cycle in a subgraph, and whether one exists there. */
export interface SubgraphTest {
  readonly type: string;
  readonly model: string;
  /** The subgraph in words. */
  readonly subgraph: string;
  exists(graph: Graph): boolean;
}

const plain = (model: string, mask: number, subgraph: string): SubgraphTest => ({ type: `${model}-cycle-exists`, model, subgraph, exists: (graph) => isCyclic(graph, mask) });
const extension = (model: string, mask: number, subgraph: string): SubgraphTest => ({ type: `${model}-cycle-exists`, model, subgraph, exists: (graph) => hasExtensionCycle(graph, mask) });

/**
 * The thirteen subgraphs that a model wants acyclic, weakest first, on all labels. "; rw" means: each rw edge directly
 * after another edge, so no two in a row, which is snapshot isolation's condition (Cerone and Gotsman, PODC 2016).
 */
export const subgraphTests: readonly SubgraphTest[] = [
  plain("PL-1", WW | WWP, "ww"),
  plain("PL-2", D, "ww ∪ wr"),
  extension("PL-SI", D, "(ww ∪ wr) ; rw?"),
  plain("PL-2.99", D | RW, "ww ∪ wr ∪ item rw"),
  plain("PL-3", D | R, "ww ∪ wr ∪ rw"),
  plain("strong-session-PL-1", WW | WWP | PROCESS, "ww ∪ process"),
  plain("strong-session-PL-2", D | PROCESS, "ww ∪ wr ∪ process"),
  extension("strong-session-snapshot-isolation", D | PROCESS, "(ww ∪ wr ∪ process) ; rw?"),
  plain("strong-session-serializable", D | R | PROCESS, "ww ∪ wr ∪ rw ∪ process"),
  plain("strong-PL-1", WW | WWP | REALTIME, "ww ∪ realtime"),
  plain("strong-PL-2", D | REALTIME, "ww ∪ wr ∪ realtime"),
  extension("strong-snapshot-isolation", D | REALTIME, "(ww ∪ wr ∪ realtime) ; rw?"),
  plain("PL-SS", D | R | REALTIME, "ww ∪ wr ∪ rw ∪ realtime"),
];

/** A cycle in A ∪ (A ; rw), as a cycle over vertices and their doubles: an A edge leads to a double, from where one rw edge may follow. */
function hasExtensionCycle(graph: Graph, mask: number): boolean {
  const { count, starts, targets, labels } = graph;
  const edges = new EdgeList();
  for (let v = 0; v < count; v++) {
    edges.push(count + v, v, 1);
    for (let e = starts[v]!; e < starts[v + 1]!; e++) {
      if ((labels[e]! & mask) !== 0) edges.push(v, count + targets[e]!, 1);
      if ((labels[e]! & R) !== 0) edges.push(count + v, targets[e]!, 1);
    }
  }
  return isCyclic(edges.graph(count * 2));
}
