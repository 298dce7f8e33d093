import { describe, expect, it } from "vitest";
import { steps, unlimited } from "../../harness/budget.ts";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import { findCycles } from "./cycles.ts";
import { Reachability } from "./cycles/reachability.ts";
import { classify } from "./cycles/kinds.ts";
import { subgraphTests } from "./cycles/subgraphs.ts";
import { EdgeList, PROCESS, REALTIME, RW, WR, WW } from "./graph.ts";
import { impossible } from "./models.ts";
import type { LocalGraph } from "./order.ts";

function graphOf(count: number, edges: EdgeList): LocalGraph {
  return { ...edges.graph(count), members: count };
}

/**
 * Two long histories that only miss each other's writes: many rw edges across, all of them in one component, and every
 * cycle has two of them.
 */
function twoHalves(half: number): LocalGraph {
  const edges = new EdgeList();
  const random = new Random(seed("halves"));
  for (const base of [0, half]) {
    for (let i = 0; i + 1 < half; i++) {
      edges.push(base + i, base + i + 1, WR);
      edges.push(base + i, base + random.between(i + 1, half - 1), RW);
      edges.push(base + i, half - base + random.int(half), RW);
    }
  }
  return graphOf(half * 2, edges);
}

describe("a large component", () => {
  it("in which no cycle has a single rw is searched to the end, though each of its rw edges could start one", () => {
    const graph = twoHalves(5_000);

    const { cycles, cut } = findCycles(graph, graph, unlimited());

    expect(cut).toEqual([]);
    expect(cycles.map(({ type }) => type)).toEqual(["G-nonadjacent-item"]);
  });

  it("whose search the budget cuts says which kind was not searched to the end", () => {
    const graph = twoHalves(2_000);

    const { cut } = findCycles(graph, graph, steps(10));

    expect(cut).toEqual(["G-nonadjacent-item"]);
  });
});

// Why the choice among candidates, made to agree with Elle's names, cannot change which models are ruled out. A graph has
// one order of sessions, processes' or real time's.
it.each([
  ["list-append", "process", [WW, WR, RW, PROCESS]],
  ["list-append", "realtime", [WW, WR, RW, REALTIME]],
  ["rw-register", "process", [WR, WW, RW, PROCESS]],
  ["rw-register", "realtime", [WR, WW, RW, REALTIME]],
] as const)("a cycle as its edges' first relations explain it, with the subgraphs that it closes, rules out all that another reading of it does (%s, %s)", (_, _order, precedence) => {
  const seen = new Set<string>();
  for (let length = 2; length <= 4; length++) {
    for (let code = 0; code < 16 ** length; code++) {
      // Of each edge, the relation that a candidate takes it for, and the one that explains it.
      const edges = Array.from({ length }, (_, i) => Math.floor(code / 16 ** i) % 16).map((both) => [both % 4, both >> 2] as const);
      if (!edges.every(([seeming, explaining]) => explaining <= seeming)) continue;
      const labels = edges.map(([seeming]) => precedence[seeming]!);
      const kind = classify(labels);
      const explained = classify(edges.map(([, explaining]) => precedence[explaining]!));
      const tests = subgraphTests.filter(({ mask, form }) => (form === "plain" ? labels.every((label) => (label & mask) !== 0) : !labels.some((label, i) => label === RW && labels[(i + 1) % length] === RW) && labels.every((label) => label === RW || (label & mask) !== 0)));
      const left = [explained, ...tests.map(({ type }) => type)];
      const name = `${kind} explained as ${left.join(", ")}`;
      if (seen.has(name)) continue;
      seen.add(name);
      const ruledOut = impossible(left);
      expect([...impossible([kind])].filter((model) => !ruledOut.has(model)), name).toEqual([]);
    }
  }
});

it("what reachability refuses cannot be reached", () => {
  for (let i = 0; i < 200; i++) {
    const name = `reach-${i}`;
    const random = new Random(seed(name));
    const count = random.between(2, 12);
    const edges = new EdgeList();
    for (let e = random.int(count * 2); e > 0; e--) edges.push(random.int(count), random.int(count), random.chance(0.7) ? WW : RW);
    const graph = edges.graph(count);
    const reach = new Reachability(graph, WW);

    for (let from = 0; from < count; from++) {
      const reached = new Set([from]);
      for (const v of reached) for (let e = graph.starts[v]!; e < graph.starts[v + 1]!; e++) if ((graph.labels[e]! & WW) !== 0) reached.add(graph.targets[e]!);
      for (const to of reached) expect(reach.maybe(from, to), `seed ${name}: ${from} reaches ${to}`).toBe(true);
    }
  }
});
