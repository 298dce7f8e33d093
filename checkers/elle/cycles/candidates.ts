import type { Budget } from "../../../harness/budget.ts";
import { componentNumbers, type Graph, R } from "../graph.ts";
import type { Cycle, Kind } from "./kinds.ts";
import { Search } from "./search.ts";

/** Edges looked at to find candidates that tie with a cycle. */
const tieMax = 5_000_000;

/** Candidates for kinds when each edge may be any of its relations. */
export class Candidates {
  readonly #graph: Graph;
  readonly #search: Search;

  /** `raw` has all relations of an edge as one label. */
  constructor(raw: Graph, budget: Budget) {
    const graph = separated(raw);
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
