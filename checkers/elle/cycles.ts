import type { Budget } from "../../harness/budget.ts";
import { Candidates } from "./cycles/candidates.ts";
import { classify, type Cycle, type Kind, kinds } from "./cycles/kinds.ts";
import { Search } from "./cycles/search.ts";
import { type Graph, PROCESS, REALTIME, RW } from "./graph.ts";
import { implied } from "./models.ts";
import { exactMax, type LocalGraph } from "./order.ts";

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
 * vertex twice is split at it, and the part that is of the kind is taken. In components with a chain of moments (see
 * `order.ts`) a moment counts as a step, so a cycle found there is short, not always the shortest.
 *
 * Work is counted: edges looked at. For most kinds the first walk that starts within a component of the kind's relations
 * succeeds; for a single rw each is a question of reachability, refused mostly in O(1). What is cut is said.
 */
export interface ComponentCycles {
  readonly cycles: readonly Cycle[];
  /** Kinds whose search was cut by the budget before it found a cycle or knew that there is none. */
  readonly cut: readonly string[];
}

/** Each edge's label becomes its one relation that explains it. */
export function explained(graph: LocalGraph, precedence: readonly number[]): LocalGraph {
  const first = new Uint8Array(256);
  for (let labels = 1; labels < 256; labels++) first[labels] = [...precedence, PROCESS, REALTIME].find((bit) => (labels & bit) !== 0) ?? 0;
  return { ...graph, labels: graph.labels.map((labels) => first[labels]!) };
}

/** Components larger than this are searched without regard to candidates: Elle itself seldom gets through them. */
const candidatesMax = exactMax;

/**
 * All kinds of a component, given with one label an edge (`explained`) and with all of them (`raw`, same rows).
 *
 * An edge that is several relations at once makes candidates that look like one kind and are, once explained, another.
 * Elle looks only at one candidate of a kind, a shortest one; if that is explained as another kind, this kind is not
 * reported. To give the same names to the same history we do likewise. Which of several shortest it takes is not
 * documented; its recorded answers agree with this: with one anti-dependency every shortest candidate must be what it
 * seems, with more or none one of them. In large components, where Elle's second runs out, every kind that exists is
 * reported.
 *
 * The rule names, it never spares: no model that a left-out kind rules out is left standing. What a candidate is
 * explained as, together with the subgraphs that it closes by any of its relations (`cycles/subgraphs.ts`), rules out all
 * that the kind would which it seemed to be: an edge is explained by the first of its relations, dependencies before
 * anti-dependencies before orders (`cycles.test.ts` goes through all short cycles). That explanation is a cycle of its
 * own kind, reported or left out for the sake of one more severe; the most severe one is reported.
 */
export function findCycles(graph: LocalGraph, raw: LocalGraph, budget: Budget): ComponentCycles {
  const cycles: Cycle[] = [];
  const cut: string[] = [];
  const present = graph.labels.reduce((all, label) => all | label, 0);
  const skip = new Set<string>();
  const search = new Search(graph, budget);
  const candidates = graph.count <= candidatesMax && raw.labels.some((labels, e) => labels !== graph.labels[e]) ? new Candidates(raw, budget) : undefined;
  for (const kind of kinds) {
    if (skip.has(kind.type) || (kind.order !== 0 && (present & kind.order) === 0) || (present & kind.starts) === 0 || (kind.needs !== 0 && (present & kind.needs) === 0)) continue;
    const found = search.shortest(kind, (vertices) => cycleOf(graph, kind, vertices), Number.POSITIVE_INFINITY);
    if (found === "cut") cut.push(kind.type);
    else if (found !== undefined && (candidates === undefined || candidates.agree(kind, found.vertices.length, (vertices) => cycleOf(graph, kind, vertices) !== undefined))) {
      cycles.push(found);
      for (const type of implied([found.type])) skip.add(type);
    }
  }
  return { cycles, cut };
}

/** A closed walk as a cycle of the kind: itself, or a part of it between two visits of a vertex. Moments are passed over. */
function cycleOf(graph: LocalGraph, kind: Kind, walk: readonly number[]): Cycle | undefined {
  const vertices = walk.filter((vertex) => vertex < graph.members);
  const first = new Map<number, number>();
  for (const [place, vertex] of vertices.entries()) {
    const before = first.get(vertex);
    if (before !== undefined) return cycleOf(graph, kind, vertices.slice(before, place)) ?? cycleOf(graph, kind, [...vertices.slice(0, before), ...vertices.slice(place)]);
    first.set(vertex, place);
  }
  const labels = vertices.map((vertex, i) => labelOf(graph, vertex, vertices[(i + 1) % vertices.length]!));
  return vertices.length > 1 && classify(labels) === kind.type ? { type: kind.type, vertices, labels } : undefined;
}

/** The edge's label; where there is none, hubs or moments lay between. A dependency explains before what leads through a hub, and that before an order. */
function labelOf(graph: Graph, from: number, to: number): number {
  let label = 0;
  for (let e = graph.starts[from]!; e < graph.starts[from + 1]! && label === 0; e++) if (graph.targets[e] === to) label = graph.labels[e]!;
  if (label !== 0 && (label & (PROCESS | REALTIME)) === 0) return label;
  return meetsThrough(graph, from, to) ? RW : label === 0 ? REALTIME : label;
}

/** Whether hubs lead from one transaction to another. O(hubs of its reads). */
function meetsThrough({ starts, targets, count, hubs = count }: Graph, from: number, to: number): boolean {
  const ahead = [...targets.subarray(starts[from]!, starts[from + 1]!)].filter((vertex) => vertex >= hubs);
  for (let hub = ahead.pop(); hub !== undefined; hub = ahead.pop()) {
    for (let e = starts[hub]!; e < starts[hub + 1]!; e++) {
      if (targets[e] === to) return true;
      if (targets[e]! >= hubs) ahead.push(targets[e]!);
    }
  }
  return false;
}
