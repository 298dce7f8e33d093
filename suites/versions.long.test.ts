import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rashomon } from "../cli/testing/cli.ts";
import { dockerAnswers } from "../clusters/docker/engine.ts";
import { goVersion } from "../clusters/net/go-program.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-versions-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const docker = await dockerAnswers();
const go = docker && (await goVersion()) !== undefined;

/** A database of which two versions can be in one cluster, with what a node's log calls its own when it starts. */
interface Pair {
  readonly system: string;
  readonly able: boolean;
  /** For the upgrade. */
  readonly workload: string;
  /** For the cluster in two versions; default `register`. */
  readonly inTwo?: string;
  readonly older: RegExp;
  readonly newer: RegExp;
  readonly both: RegExp;
  /** Whose versions they are, and whose log; default the system's name. */
  readonly daemon?: string;
  /** Which node has the newer in a mixed cluster. */
  readonly mixed: "n1" | "n3";
  /** A node without which the others must go on. */
  readonly isolated: string;
  /** With which the promise is one that the fault must not break. */
  readonly set?: readonly string[];
  /** What a rolling upgrade looks like in the cluster's own words, of all nodes' logs. */
  readonly upgraded?: RegExp;
}

const pairs: readonly Pair[] = [
  { system: "etcd", able: go, workload: "register", older: /"etcd-version":"3\.4\./, newer: /"etcd-version":"3\.5\./, both: /^3\.4\.\d+ and 3\.5\.\d+$/, mixed: "n1", isolated: "leader", upgraded: /updat[a-z]+ cluster version[^\n]*"to":"3\.5"/ },
  { system: "nats", able: go, workload: "set", older: /Version: +2\.9\./, newer: /Version: +2\.10\./, both: /^2\.9\.\d+ and 2\.10\.\d+$/, mixed: "n1", isolated: "leader" },
  // With wait=1 a killed primary is replaced by a replica that has all that was acknowledged; an isolated one would go on and lose it.
  { system: "redis", able: docker, workload: "set", older: /Redis version=7\.0\./, newer: /Redis version=8\.0\./, both: /^7\.0\.\d+ and 8\.0\.\d+$/, mixed: "n3", isolated: "n3", set: ["wait=1"], upgraded: /MASTER MODE enabled/ },
  { system: "zookeeper", able: docker, workload: "register", older: /zookeeper\.version=3\.8\./, newer: /zookeeper\.version=3\.9\./, both: /^3\.8\.\d+ and 3\.9\.\d+$/, mixed: "n1", isolated: "leader", set: ["reads=sync"] },
  // A node that was killed catches up by what it missed: a whole copy is no way to upgrade (MariaDB's documents).
  { system: "galera", able: docker, workload: "set", daemon: "mariadbd", older: /Version: '10\.11\./, newer: /Version: '11\.8\./, both: /^10\.11\.\d+ and 11\.8\.\d+$/, mixed: "n3", isolated: "n3", set: ["sync-wait=7"], upgraded: /rsync IST completed on joiner/ },
  // Standbys answer reads of a register from the past.
  { system: "patroni", able: docker, workload: "set", inTwo: "set", older: /new patroni connection to the postgres cluster/, newer: /new patroni heartbeat connection to postgres/, both: /^3\.0\.\d+ and 4\.0\.\d+$/, mixed: "n1", isolated: "replica", set: ["synchronous-mode=true", "read-share=0"] },
];

/** The run's folder, for its record and logs. */
async function runOf({ system, set = [] }: Pair, version: "mixed" | "rolling", ...args: string[]): Promise<string> {
  const settings = [...set, `version=${version}`].flatMap((text) => ["--set", text]);
  const ran = await rashomon(["run", system, "--rate", "60", "--concurrency", "6", "--operation-deadline", "800ms", "--seed", "versions", "--json", ...settings, ...args], { cwd: folder, timeoutMs: 900_000 });
  expect(ran.code, ran.err + ran.out).toBe(0);
  return String(ran.json()[0]!["run"]);
}
const logOf = (run: string, { system, daemon = system }: Pair, node: string): string => readFileSync(join(run, "logs", node, `${daemon}.log`), "utf8");

describe.each(pairs)("$system", (pair) => {
  const { system, able, workload, inTwo = "register", older, newer, both, mixed, isolated, upgraded } = pair;

  test.skipIf(!able)("keeps its promise while it is upgraded node by node", async () => {
    const run = await runOf(pair, "rolling", "--workload", workload, "--nemesis", "kill:target=each", "--fault-every", "14s", "--fault-for", "5s", "--time-limit", "60s");

    const { versions } = JSON.parse(readFileSync(join(run, "run.json"), "utf8")) as { versions: { readonly [name: string]: string } };
    expect(versions[system]).toMatch(both);
    const logs = ["n1", "n2", "n3"].map((node) => logOf(run, pair, node));
    for (const log of logs) {
      expect(log).toMatch(older);
      expect(log).toMatch(newer);
    }
    if (upgraded !== undefined) expect(logs.join("")).toMatch(upgraded);
  });

  test.skipIf(!able)("in two versions keeps its promise while a node is isolated", async () => {
    const run = await runOf(pair, "mixed", "--workload", inTwo, "--nemesis", `isolate:target=${isolated}`, "--fault-every", "7s", "--fault-for", "4s", "--time-limit", "16s");

    for (const node of ["n1", "n2", "n3"]) expect(newer.test(logOf(run, pair, node)), node).toBe(node === mixed);
  });
});
