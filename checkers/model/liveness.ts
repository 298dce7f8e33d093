import { IntList } from "./tables.ts";

/**
 * "Whenever p holds, q holds then or later", under weak fairness (Lamport's p ~> q). A finite graph breaks it exactly if
 * it has a lasso: a path to a state with p, on through states without q, into a loop without q that is fair:
 *
 *     initial ──→ p ──→ · ──→ ┌─→ · ──→ · ─┐      no q from p on, and every party that could always
 *                             └────────────┘      act in the loop does act in it
 *
 * A state in which no party can act counts as a loop by itself: there time goes on and nothing happens. Loops are found
 * as strongly connected components (Tarjan, 1972) of the states without q that p-states lead to. A component is fair to a
 * party if some step inside it is the party's, or some state of it does not let the party act; if it is unfair to one,
 * so is every loop within it, so looking at whole components is exact. Joins and cycles need no special care.
 *
 * Steps that nobody owes (losses, repetitions, crashes) belong to no party.
 */
export interface StateGraph {
  readonly states: number;
  /** Edges of state s: firstEdge(s) … firstEdge(s + 1) - 1. */
  firstEdge(state: number): number;
  target(edge: number): number;
  /** The party whose step it is; -1: nobody's. */
  owner(edge: number): number;
  readonly parties: number;
}

export interface LeadsTo {
  /** p, by state. */
  from(state: number): boolean;
  /** q, by state. */
  to(state: number): boolean;
  /** Weakly fair to every party; otherwise a run may stop anywhere. */
  readonly fair: boolean;
}

/** A run that breaks it. */
export interface Lasso {
  /** The state with p after which q never comes. */
  readonly from: number;
  /** Edges from there to the loop, and around it once; an empty loop is a run that has stopped. */
  readonly stem: readonly number[];
  readonly loop: readonly number[];
}

/** A lasso, or undefined: it holds. O(states + edges). */
export function brokenLeadsTo(graph: StateGraph, property: LeadsTo): Lasso | undefined {
  const reached = reachedWithout(graph, property);
  const components = componentsOf(graph, reached.order, (state) => reached.parent.has(state));
  // Nearest first, for a short stem.
  const place = new Map(reached.order.map((state, i) => [state, i]));
  for (const members of components) members.sort((a, b) => place.get(a)! - place.get(b)!);
  components.sort((a, b) => place.get(a[0]!)! - place.get(b[0]!)!);
  for (const members of components) {
    const loop = fairLoop(graph, members, property.fair);
    if (loop === undefined) continue;
    const stem: number[] = [];
    let at = loop.start;
    for (let edge = reached.parent.get(at)!; edge >= 0; edge = reached.parent.get(at)!) {
      stem.push(edge);
      at = reached.source.get(at)!;
    }
    return { from: at, stem: stem.reverse(), loop: loop.edges };
  }
  return undefined;
}

/** States without q that a p-state reaches through such states, in breadth-first order, with the edge that found each. */
function reachedWithout(graph: StateGraph, property: LeadsTo): { order: number[]; parent: Map<number, number>; source: Map<number, number> } {
  const order: number[] = [];
  const parent = new Map<number, number>();
  const source = new Map<number, number>();
  for (let state = 0; state < graph.states; state++) {
    if (!property.from(state) || property.to(state)) continue;
    parent.set(state, -1);
    order.push(state);
  }
  for (let i = 0; i < order.length; i++) {
    const state = order[i]!;
    const end = graph.firstEdge(state + 1);
    for (let edge = graph.firstEdge(state); edge < end; edge++) {
      const next = graph.target(edge);
      if (parent.has(next) || property.to(next)) continue;
      parent.set(next, edge);
      source.set(next, state);
      order.push(next);
    }
  }
  return { order, parent, source };
}

/** Strongly connected components of the subgraph, without recursion. */
function componentsOf(graph: StateGraph, states: readonly number[], inside: (state: number) => boolean): number[][] {
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const onStack = new Set<number>();
  const stack: number[] = [];
  const components: number[][] = [];
  for (const root of states) {
    if (index.has(root)) continue;
    const work: { state: number; edge: number }[] = [];
    const enter = (state: number): void => {
      index.set(state, index.size);
      low.set(state, index.get(state)!);
      stack.push(state);
      onStack.add(state);
      work.push({ state, edge: graph.firstEdge(state) });
    };
    enter(root);
    while (work.length > 0) {
      const top = work.at(-1)!;
      const { state } = top;
      if (top.edge < graph.firstEdge(state + 1)) {
        const next = graph.target(top.edge++);
        if (!inside(next)) continue;
        if (!index.has(next)) enter(next);
        else if (onStack.has(next)) low.set(state, Math.min(low.get(state)!, index.get(next)!));
        continue;
      }
      work.pop();
      const caller = work.at(-1);
      if (caller !== undefined) low.set(caller.state, Math.min(low.get(caller.state)!, low.get(state)!));
      if (low.get(state) !== index.get(state)) continue;
      const members: number[] = [];
      for (;;) {
        const member = stack.pop()!;
        onStack.delete(member);
        members.push(member);
        if (member === state) break;
      }
      components.push(members);
    }
  }
  return components;
}

/** A loop through the component that is fair to every party, if there is one. */
function fairLoop(graph: StateGraph, members: readonly number[], fair: boolean): { start: number; edges: number[] } | undefined {
  const inside = new Set(members);
  // A run may stop where nobody can act; without fairness, anywhere.
  const stopped = members.find((state) => !fair || edgesOf(graph, state).every((edge) => graph.owner(edge) < 0));
  if (stopped !== undefined) return { start: stopped, edges: [] };
  const internal = members.flatMap((state) => edgesOf(graph, state).filter((edge) => inside.has(graph.target(edge))).map((edge) => ({ state, edge })));
  if (internal.length === 0) return undefined;
  const first = internal[0]!;
  const edges = [first.edge];
  let at = graph.target(first.edge);
  for (let party = 0; party < graph.parties; party++) {
    const own = internal.find(({ edge }) => graph.owner(edge) === party);
    if (own !== undefined) {
      if (edges.some((edge) => graph.owner(edge) === party)) continue;
      edges.push(...pathInside(graph, inside, { from: at, to: own.state }), own.edge);
      at = graph.target(own.edge);
      continue;
    }
    const idle = members.find((member) => edgesOf(graph, member).every((edge) => graph.owner(edge) !== party));
    if (idle === undefined) return undefined;
    edges.push(...pathInside(graph, inside, { from: at, to: idle }));
    at = idle;
  }
  edges.push(...pathInside(graph, inside, { from: at, to: first.state }));
  return { start: first.state, edges };
}

/** Shortest path within a component. */
function pathInside(graph: StateGraph, inside: ReadonlySet<number>, ends: { readonly from: number; readonly to: number }): number[] {
  const parent = new Map<number, { readonly state: number; readonly edge: number }>();
  const work = [ends.from];
  const seen = new Set(work);
  for (let i = 0; i < work.length && !seen.has(ends.to); i++) {
    for (const edge of edgesOf(graph, work[i]!)) {
      const next = graph.target(edge);
      if (!inside.has(next) || seen.has(next)) continue;
      seen.add(next);
      parent.set(next, { state: work[i]!, edge });
      work.push(next);
    }
  }
  const path: number[] = [];
  for (let at = ends.to; at !== ends.from; at = parent.get(at)!.state) path.push(parent.get(at)!.edge);
  return path.reverse();
}

function edgesOf(graph: StateGraph, state: number): number[] {
  const first = graph.firstEdge(state);
  return Array.from({ length: graph.firstEdge(state + 1) - first }, (_, i) => first + i);
}

/** Transitions, grouped by the state that they leave: states are expanded in the order of their numbers. */
export class EdgeList {
  readonly targets: IntList = new IntList();
  readonly codes: IntList = new IntList();
  readonly #starts = new IntList();

  /** The next state's transitions begin. */
  begin(): void {
    this.#starts.push(this.targets.length);
  }

  push(target: number, code: number): void {
    this.targets.push(target);
    this.codes.push(code);
  }

  first(state: number): number {
    return state < this.#starts.length ? this.#starts.get(state) : this.targets.length;
  }
}
