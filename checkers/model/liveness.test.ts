import { describe, expect, it } from "vitest";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import { brokenLeadsTo, type LeadsTo, type StateGraph } from "./liveness.ts";

type Edge = readonly [from: number, to: number, owner: number];

describe("leads-to", () => {
  it("holds when every way from p meets q", () => {
    expect(brokenLeadsTo(graphOf(3, 1, [[0, 1, 0], [1, 2, 0]]), { from: at(0), to: at(2), fair: true })).toBeUndefined();
  });

  it("is broken where a run stops before q", () => {
    expect(brokenLeadsTo(graphOf(3, 1, [[0, 1, 0], [0, 2, 0]]), { from: at(0), to: at(2), fair: true })).toEqual({ from: 0, stem: [0], loop: [] });
  });

  it("a join is no way out: q on one of two ways to the same state is not enough", () => {
    // 0 → 1 (q) → 3 → 3, 0 → 2 → 3: a search that marks 3 as visited on the first way forgets the second.
    const graph = graphOf(4, 1, [[0, 1, 0], [0, 2, 0], [1, 3, 0], [2, 3, 0], [3, 3, 0]]);

    expect(brokenLeadsTo(graph, { from: at(0), to: at(1), fair: true })).toEqual({ from: 0, stem: [1, 3], loop: [4] });
  });

  it("a cycle without q breaks it when it is fair to all", () => {
    const graph = graphOf(3, 2, [[0, 1, 0], [1, 0, 1], [1, 2, 0]]);

    expect(brokenLeadsTo(graph, { from: at(0), to: at(2), fair: true })).toMatchObject({ from: 0, loop: expect.arrayContaining([0, 1]) });
  });

  it("and not when a party that could always act never does", () => {
    // Party 1 can always leave for q; the loop is party 0's alone.
    const graph = graphOf(3, 2, [[0, 1, 0], [1, 0, 0], [0, 2, 1], [1, 2, 1]]);

    expect(brokenLeadsTo(graph, { from: at(0), to: at(2), fair: true })).toBeUndefined();
    expect(brokenLeadsTo(graph, { from: at(0), to: at(2), fair: false })).toEqual({ from: 0, stem: [], loop: [] });
  });

  it("a party that is able only now and then owes nothing under weak fairness", () => {
    const graph = graphOf(3, 2, [[0, 1, 0], [1, 0, 0], [1, 2, 1]]);

    expect(brokenLeadsTo(graph, { from: at(0), to: at(2), fair: true })).toMatchObject({ from: 0 });
  });

  it("what nobody owes (a loss, a crash) need not happen, and may", () => {
    const lossy = graphOf(3, 1, [[0, 1, 0], [0, 2, -1]]);

    expect(brokenLeadsTo(lossy, { from: at(0), to: at(1), fair: true })).toEqual({ from: 0, stem: [1], loop: [] });
    expect(brokenLeadsTo(lossy, { from: at(0), to: at(2), fair: true })).toEqual({ from: 0, stem: [0], loop: [] });
  });

  it.each(Array.from({ length: 200 }, (_, i) => i))("agrees with trying all loops of a small graph (seed %i)", (n) => {
    const random = new Random(seed(`leads-to ${n}`));
    const states = random.between(2, 6);
    const edges: Edge[] = Array.from({ length: random.between(1, 9) }, () => [random.int(states), random.int(states), random.int(3) - 1]);
    const graph = graphOf(states, 2, edges);
    const property: LeadsTo = { from: at(0), to: at(random.int(states)), fair: true };

    const lasso = brokenLeadsTo(graph, property);

    expect(lasso !== undefined).toBe(brokenByBruteForce(graph, property));
    if (lasso !== undefined) expectLasso(graph, property, lasso);
  });
});

/** Walks every set of states that can be visited for ever: all subsets, checked for being one fair loop. */
function brokenByBruteForce(graph: StateGraph, property: LeadsTo): boolean {
  const reach = (from: number, allowed: (state: number) => boolean): Set<number> => {
    const seen = new Set([from]);
    for (const state of seen) for (const { to } of edgesOf(graph, state)) if (allowed(to)) seen.add(to);
    return seen;
  };
  for (let from = 0; from < graph.states; from++) {
    if (!property.from(from) || property.to(from)) continue;
    const reachable = [...reach(from, (state) => !property.to(state))];
    if (reachable.some((state) => edgesOf(graph, state).every(({ owner }) => owner < 0))) return true;
    for (let mask = 1; mask < 1 << reachable.length; mask++) {
      const set = reachable.filter((_, i) => (mask >> i) & 1);
      const within = (state: number): boolean => set.includes(state);
      const inner = set.flatMap((state) => edgesOf(graph, state).filter(({ to }) => within(to)));
      const connected = inner.length > 0 && set.every((state) => set.every((other) => reach(state, within).has(other)));
      const fair = [0, 1].every((party) => inner.some(({ owner }) => owner === party) || set.some((state) => edgesOf(graph, state).every(({ owner }) => owner !== party)));
      if (connected && fair) return true;
    }
  }
  return false;
}

function expectLasso(graph: StateGraph, property: LeadsTo, lasso: { from: number; stem: readonly number[]; loop: readonly number[] }): void {
  expect(property.from(lasso.from)).toBe(true);
  let state = lasso.from;
  const sourceOf = (edge: number): number => Array.from({ length: graph.states }, (_, s) => s).find((s) => graph.firstEdge(s) <= edge && edge < graph.firstEdge(s + 1))!;
  for (const edge of lasso.stem) {
    expect(sourceOf(edge)).toBe(state);
    state = graph.target(edge);
    expect(property.to(state)).toBe(false);
  }
  const start = state;
  for (const edge of lasso.loop) {
    expect(sourceOf(edge)).toBe(state);
    state = graph.target(edge);
    expect(property.to(state)).toBe(false);
  }
  expect(state).toBe(start);
}

function edgesOf(graph: StateGraph, state: number): { to: number; owner: number }[] {
  const list: { to: number; owner: number }[] = [];
  for (let edge = graph.firstEdge(state); edge < graph.firstEdge(state + 1); edge++) list.push({ to: graph.target(edge), owner: graph.owner(edge) });
  return list;
}

function graphOf(states: number, parties: number, edges: readonly Edge[]): StateGraph {
  const sorted = edges.map((edge, at) => ({ edge, at })).sort((a, b) => a.edge[0] - b.edge[0] || a.at - b.at).map(({ edge }) => edge);
  return {
    states,
    parties,
    firstEdge: (state) => sorted.filter(([from]) => from < state).length,
    target: (edge) => sorted[edge]![1],
    owner: (edge) => sorted[edge]![2],
  };
}

function at(wanted: number): (state: number) => boolean {
  return (state) => state === wanted;
}
