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

/** The run's folder, for its record and logs. */
async function runEtcd(...args: string[]): Promise<string> {
  const ran = await rashomon(["run", "etcd", "--rate", "60", "--concurrency", "6", "--operation-deadline", "800ms", "--seed", "versions", "--json", ...args], { cwd: folder, timeoutMs: 900_000 });
  expect(ran.code, ran.err + ran.out).toBe(0);
  return String(ran.json()[0]!["run"]);
}
const logOf = (run: string, node: string): string => readFileSync(join(run, "logs", node, "etcd.log"), "utf8");
const versionsOf = (run: string): { readonly etcd: string } => (JSON.parse(readFileSync(join(run, "run.json"), "utf8")) as { versions: { etcd: string } }).versions;

test.skipIf(!able)("etcd stays linearizable while it is upgraded from 3.4 to 3.5 node by node, and ends as a 3.5 cluster", async () => {
  const run = await runEtcd("--set", "version=rolling", "--nemesis", "kill:target=each", "--fault-every", "8s", "--fault-for", "2s", "--time-limit", "34s");

  expect(versionsOf(run).etcd).toMatch(/^3\.4\.\d+ and 3\.5\.\d+$/);
  for (const node of ["n1", "n2", "n3"]) {
    expect(logOf(run, node)).toMatch(/"etcd-version":"3\.4\./);
    expect(logOf(run, node)).toMatch(/"etcd-version":"3\.5\./);
  }
  expect(["n1", "n2", "n3"].map((node) => logOf(run, node)).join("")).toMatch(/updat[a-z]+ cluster version[^\n]*"to":"3\.5"/);
});

test.skipIf(!able)("two versions in one cluster keep their promise while the leader is isolated", async () => {
  const run = await runEtcd("--set", "version=mixed", "--nemesis", "isolate:target=leader", "--fault-every", "7s", "--fault-for", "4s", "--time-limit", "16s");

  expect(logOf(run, "n1")).toMatch(/"etcd-version":"3\.5\./);
  expect(logOf(run, "n2")).not.toMatch(/"etcd-version":"3\.5\./);
});
