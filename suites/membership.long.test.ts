import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rashomon } from "../cli/testing/cli.ts";
import { dockerAnswers } from "../clusters/docker/engine.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-membership-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every database whose members can be changed, in the settings in which nothing but a broken change could spoil its promise. */
const databases: readonly { readonly system: string; readonly workload: string; readonly target: string; readonly settings?: readonly string[] }[] = [
  { system: "etcd", workload: "register", target: "leader" },
  { system: "nats", workload: "set", target: "leader" },
  { system: "rabbitmq", workload: "queue", target: "leader" },
  { system: "galera", workload: "set", target: "each" },
  { system: "zookeeper", workload: "register", target: "follower", settings: ["reconfig=true", "reads=sync"] },
  { system: "redis", workload: "set", target: "replica", settings: ["reads=any-node", "read-share=0"] },
  { system: "patroni", workload: "set", target: "leader", settings: ["synchronous-mode=true", "read-share=0"] },
  { system: "postgres", workload: "set", target: "replica", settings: ["replication=applied", "read-share=0"] },
  { system: "tarantool", workload: "set", target: "replica", settings: ["reads=local", "read-share=0"] },
];

test.skipIf(!(await dockerAnswers())).each(databases)("$system keeps its promise while its $target leaves and joins again, twice, and is whole afterwards", async ({ system, workload, target, settings = [] }) => {
  const ran = await rashomon(
    ["run", system, "--workload", workload, "--nemesis", `shrink:target=${target}`, ...settings.flatMap((setting) => ["--set", setting]), "--fault-every", "12s", "--fault-for", "4s", "--time-limit", "26s", "--rate", "40", "--concurrency", "6", "--seed", "membership", "--json"],
    { cwd: folder, timeoutMs: 600_000 },
  );

  expect(ran.code, ran.err + ran.out).toBe(0);
  const [result] = ran.json();
  expect(result).toMatchObject({ verdict: "valid", final: { converged: true, nodesUnread: [] } });
  // A member that left is seen to have left, and nothing of it is still to be undone.
  const ledger = readFileSync(join(String(result!["run"]), "faults.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as { event: string; id?: string; evidence?: { seen: string } });
  const removals = ledger.filter(({ event, id }) => event === "done" && id?.startsWith("shrink") === true);
  expect(removals.length).toBeGreaterThan(0);
  for (const { id, evidence } of removals) {
    expect(evidence!.seen).toMatch(/^members are n\d, n\d$/);
    expect(ledger).toContainEqual(expect.objectContaining({ event: "healed", id }));
  }
});
