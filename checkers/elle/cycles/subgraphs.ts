import { componentNumbers, D, EdgeList, type Graph, isCyclic, PROCESS, R, REALTIME, RW, WW, WWP } from "../graph.ts";

/** A model whose histories have no cycle in a subgraph, and whether one exists there. */
export interface SubgraphTest {
  readonly type: string;
  readonly model: string;
  /** The subgraph in words. */
  readonly subgraph: string;
  readonly mask: number;
  readonly form: "plain" | "extension";
}

/** Answers the tests for one graph; tests that differ only in relations which it lacks are one. */
export class SubgraphTests {
  readonly #graph: Graph;
  readonly #present: number;
  readonly #known = new Map<string, boolean>();

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#present = graph.labels.reduce((all, label) => all | label, 0);
  }

  /** Whether the test's subgraph has a cycle. O(vertices + edges). */
  exists({ mask, form }: SubgraphTest): boolean {
    const key = `${form} ${mask & this.#present}`;
    const known = this.#known.get(key) ?? (form === "plain" ? isCyclic(this.#graph, mask) : hasExtensionCycle(this.#graph, mask));
    this.#known.set(key, known);
    return known;
  }
}

const plain = (model: string, mask: number, subgraph: string): SubgraphTest => ({ type: `${model}-cycle-exists`, model, subgraph, mask, form: "plain" });
const extension = (model: string, mask: number, subgraph: string): SubgraphTest => ({ type: `${model}-cycle-exists`, model, subgraph, mask, form: "extension" });

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
  const { count, starts, targets, labels, hubs = count } = graph;
  const edges = new EdgeList();
  for (let v = 0; v < count; v++) {
    edges.push(count + v, v, 1);
    for (let e = starts[v]!; e < starts[v + 1]!; e++) {
      if (v >= hubs) edges.push(v, targets[e]!, 1);
      else if ((labels[e]! & mask) !== 0) edges.push(v, count + targets[e]!, 1);
      if ((labels[e]! & R) !== 0) edges.push(count + v, targets[e]!, 1);
    }
  }
  return isCyclic(edges.graph(count * 2));
}

/** Whether some closed walk has anti-dependencies, no two of them in a row: a cycle over (vertex, last edge was one). */
export function hasNonadjacentWalk(graph: Graph, allowed: number): boolean {
  const { count, starts, targets, labels, hubs = count } = graph;
  const edges = new EdgeList();
  for (let v = 0; v < count; v++) {
    for (let e = starts[v]!; e < starts[v + 1]!; e++) {
      const label = labels[e]! & allowed;
      if (label === 0) continue;
      const to = targets[e]!;
      if (v >= hubs) edges.push(count + v, count + to, label);
      else if ((label & R) !== 0) edges.push(v, count + to, label);
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
