import { componentNumbers, type Graph } from "../graph.ts";

/**
 * "Can this vertex reach that one?", refused in O(1) in most cases where it cannot (GRAIL, Yildirim, Chaoji and Zaki,
 * VLDB 2010): number the components after everything that they reach, and remember the least number reached. What a
 * vertex reaches lies within its interval. Two numberings, one with all choices reversed, refuse nearly all; a yes means
 * nothing and has to be searched. O(vertices + edges) to build.
 */
export class Reachability {
  readonly #numberings: readonly Numbering[];

  /** By edges that share a bit with `mask`. */
  constructor(graph: Graph, mask: number) {
    this.#numberings = [numbering(graph, mask, "forward"), numbering(graph, mask, "backward")];
  }

  /** False only if no path leads from `from` to `to`. */
  maybe(from: number, to: number): boolean {
    for (const { of, least } of this.#numberings) {
      const [a, b] = [of[from]!, of[to]!];
      if (b > a || least[b]! < least[a]!) return false;
    }
    return true;
  }
}

interface Numbering {
  /** By vertex: its component's number. */
  readonly of: Int32Array;
  /** By component: the least number that it reaches. */
  readonly least: Int32Array;
}

function numbering(graph: Graph, mask: number, direction: "forward" | "backward"): Numbering {
  const { of, count } = componentNumbers(graph, mask, direction);
  const least = new Int32Array(count);
  for (let component = 0; component < count; component++) least[component] = component;
  // Members by component, so that whatever a component reaches is done before it.
  const starts = new Int32Array(count + 1);
  for (let v = 0; v < graph.count; v++) starts[of[v]! + 1]!++;
  for (let component = 0; component < count; component++) starts[component + 1]! += starts[component]!;
  const members = new Int32Array(graph.count);
  for (let v = 0; v < graph.count; v++) members[starts[of[v]!]!++] = v;
  for (const v of members) {
    const own = of[v]!;
    for (let e = graph.starts[v]!; e < graph.starts[v + 1]!; e++) {
      if ((graph.labels[e]! & mask) === 0) continue;
      const reached = least[of[graph.targets[e]!]!]!;
      if (reached < least[own]!) least[own] = reached;
    }
  }
  return { of, least };
}
