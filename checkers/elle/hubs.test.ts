import { expect, it } from "vitest";
import { unlimited } from "../../harness/budget.ts";
import { historyOf, type OpInput } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { Random } from "../../harness/random.ts";
import { explained, findCycles } from "./cycles.ts";
import { SubgraphTests, subgraphTests } from "./cycles/subgraphs.ts";
import { checkElle } from "./elle.ts";
import { EdgeList, RW, WR, WW } from "./graph.ts";
import { Hubs } from "./hubs.ts";
import { impossible } from "./models.ts";
import type { LocalGraph } from "./order.ts";

/** Models that are ruled out by the cycles of a graph. */
function ruledOut(graph: LocalGraph): readonly string[] {
  const { cycles } = findCycles(explained(graph, [WR, WW, RW]), graph, unlimited());
  const tests = new SubgraphTests(graph);
  return [...impossible([...cycles.map(({ type }) => type), ...subgraphTests.filter((test) => tests.exists(test)).map(({ type }) => type)])].sort();
}

it("through hubs the same models are ruled out as by each rw edge of its own, over 2,000 seeds", () => {
  const outcomes = new Set<number>();
  for (let i = 0; i < 2_000; i++) {
    const name = `hubs-${i}`;
    const random = new Random(seed(name));
    const count = random.between(3, 8);
    const [direct, short] = [new EdgeList(), new EdgeList()];
    for (let e = random.int(count + 2); e > 0; e--) {
      const [from, to, label] = [random.int(count), random.int(count), random.pick([WW, WR, RW])];
      for (const edges of [direct, short]) edges.push(from, to, label);
    }
    const some = (): number[] => random.shuffle([...Array(count).keys()]).slice(0, random.between(1, count));
    const hubs = new Hubs(count, short);
    for (let meetings = random.between(1, 2); meetings > 0; meetings--) {
      const [readers, writers] = [some(), some()];
      for (const reader of readers) for (const writer of writers) direct.push(reader, writer, RW);
      hubs.meet(readers, writers);
    }

    const expected = ruledOut({ ...direct.graph(count), members: count });

    outcomes.add(expected.length);
    expect(ruledOut({ ...short.graph(hubs.end), members: count, hubs: count }), `seed ${name}`).toEqual(expected);
  }
  expect(outcomes.size).toBeGreaterThan(2);
});

it("many readers and many writers of one version take edges as many as there are of them", () => {
  const edges = new EdgeList();
  const hubs = new Hubs(20_000, edges);

  hubs.meet([...Array(10_000).keys()], [...Array(10_000).keys()].map((i) => 10_000 + i));

  expect(edges.length).toBeLessThan(60_000);
});

it("a hot register that thousands read as it was and thousands write is judged, each step explained", () => {
  const half = 400;
  const values = [...Array.from({ length: half }, (_, i): Json => [["r", "hot", null], ["w", `mine${i}`, 1]]), ...Array.from({ length: half }, (_, i): Json => [["w", "hot", i], ["r", `mine${i}`, null]])];
  const history = historyOf((["invoke", "ok"] as const).flatMap((type) => values.map((value, process): OpInput => ({ process, type, f: "txn", value }))));

  const result = checkElle(history, "rw-register", { models: ["serializable"] });

  expect(result.types).toEqual(["G2-item"]);
  expect(result.findings.kept("G2-item")[0]!.explain()).toMatch(/read hot = null, a version before \d+/);
});
