import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rashomon } from "../cli/testing/cli.ts";
import { dockerAnswers } from "../clusters/docker/engine.ts";
import { goVersion } from "../clusters/net/go-program.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-versions-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const able = (await dockerAnswers()) && (await goVersion()) !== undefined;

/** Databases of which two versions can be had, with what a node's log calls its own when it starts. */
const databases = [
  { system: "etcd", workload: "register", older: /"etcd-version":"3\.4\./, newer: /"etcd-version":"3\.5\./, both: /^3\.4\.\d+ and 3\.5\.\d+$/ },
  { system: "nats", workload: "set", older: /Version: +2\.9\./, newer: /Version: +2\.10\./, both: /^2\.9\.\d+ and 2\.10\.\d+$/ },
] as const;

/** The run's folder, for its record and logs. */
async function runOf(system: string, ...args: string[]): Promise<string> {
  const ran = await rashomon(["run", system, "--rate", "60", "--concurrency", "6", "--operation-deadline", "800ms", "--seed", "versions", "--json", ...args], { cwd: folder, timeoutMs: 900_000 });
  expect(ran.code, ran.err + ran.out).toBe(0);
  return String(ran.json()[0]!["run"]);
}
const logOf = (run: string, system: string, node: string): string => readFileSync(join(run, "logs", node, `${system}.log`), "utf8");

test.skipIf(!able).each(databases)("$system keeps its promise while it is upgraded node by node", async ({ system, workload, older, newer, both }) => {
  const run = await runOf(system, "--workload", workload, "--set", "version=rolling", "--nemesis", "kill:target=each", "--fault-every", "8s", "--fault-for", "2s", "--time-limit", "34s");

  const { versions } = JSON.parse(readFileSync(join(run, "run.json"), "utf8")) as { versions: { readonly [name: string]: string } };
  expect(versions[system]).toMatch(both);
  const logs = ["n1", "n2", "n3"].map((node) => logOf(run, system, node));
  for (const log of logs) {
    expect(log).toMatch(older);
    expect(log).toMatch(newer);
  }
  // Only etcd's nodes agree on a version of the cluster.
  if (system === "etcd") expect(logs.join("")).toMatch(/updat[a-z]+ cluster version[^\n]*"to":"3\.5"/);
});

test.skipIf(!able).each(databases)("two versions of $system in one cluster keep a register's promise while the leader is isolated", async ({ system, newer }) => {
  const run = await runOf(system, "--workload", "register", "--set", "version=mixed", "--nemesis", "isolate:target=leader", "--fault-every", "7s", "--fault-for", "4s", "--time-limit", "16s");

  expect(logOf(run, system, "n1")).toMatch(newer);
  expect(logOf(run, system, "n2")).not.toMatch(newer);
});
