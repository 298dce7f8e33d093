import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rashomon } from "../cli/testing/cli.ts";
import { connectEngine } from "../clusters/docker/engine.ts";
import { runLabel } from "../clusters/docker/labels.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-databases-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every database but etcd, which has a file of its own; `recipeSeconds` is how long the recipe took from containers to healthy, on a loaded machine. */
const databases: readonly { readonly system: string; readonly nodes: number; readonly recipeSeconds: number; readonly workload?: string }[] = [
  { system: "postgres", nodes: 1, recipeSeconds: 3.3 },
  { system: "postgres", nodes: 2, recipeSeconds: 3.3 },
  { system: "patroni", nodes: 3, recipeSeconds: 12 },
  { system: "mariadb", nodes: 1, recipeSeconds: 7 },
  { system: "galera", nodes: 3, recipeSeconds: 20 },
  { system: "redis", nodes: 3, recipeSeconds: 6.3 },
  { system: "rabbitmq", nodes: 3, recipeSeconds: 29, workload: "queue" },
  { system: "zookeeper", nodes: 3, recipeSeconds: 7.2 },
  { system: "nats", nodes: 3, recipeSeconds: 2.6 },
  // No recipe has a time for it; this is the first that was measured here.
  { system: "tarantool", nodes: 3, recipeSeconds: 11 },
];

test.each(databases)("$system on $nodes nodes starts from nothing, takes operations that nothing is lost of, and leaves nothing", async ({ system, nodes, recipeSeconds, workload = "set" }) => {
  const ran = await rashomon(["run", system, "--nodes", String(nodes), "--workload", workload, "--time-limit", "2s", "--rate", "50", "--concurrency", "3", "--seed", "smoke", "--json"], { cwd: folder, timeoutMs: 300_000 });

  expect(ran.code, ran.err + ran.out).toBe(0);
  expect(ran.json()[0]).toMatchObject({ verdict: "valid" });
  console.log(`${system} on ${nodes} nodes: cluster ${/cluster ([\d.]+) s/.exec(ran.err)?.[1]} s, twice the recipe is ${2 * recipeSeconds} s`);
  const engine = await connectEngine();
  const left = await engine.api.listContainers({ all: true, filters: { label: [runLabel] } });
  // Other runs may be going on beside this one: what is this test's own carries its seed in its name.
  expect(left.flatMap(({ Names }) => Names).filter((name) => name.includes("-smoke-"))).toEqual([]);
});
