import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/** Few keys, few operations a transaction: every other one meets another. */
const transactions: Pick<TrialScenario, "timeLimit" | "rate" | "concurrency"> = { timeLimit: 5_000, rate: 400, concurrency: 9 };

function lostUpdate(name: string, about: Pick<RegressionRow, "corpus" | "title">, scenario: TrialScenario): RegressionRow {
  const set = ["isolation=repeatable-read", "appends=read-then-write", "consistency=snapshot-isolation"];
  return {
    name,
    ...about,
    expected: { checker: "elle/list-append", anomalies: ["lost-update"] },
    anomalous: scenarioTrial("innodb_snapshot_isolation off, the default", { ...scenario, set: [...set, "snapshot-isolation=false"] }),
    control: { by: "setting", ...scenarioTrial("innodb_snapshot_isolation on", { ...scenario, set: [...set, "snapshot-isolation=true"] }) },
    runs: 10,
  };
}

/** Write skew between transactions that lose no update. */
function writeSkew(name: string, about: Pick<RegressionRow, "corpus" | "title">, sides: { readonly anomalous: [label: string, scenario: TrialScenario]; readonly control: [label: string, scenario: TrialScenario] }): RegressionRow {
  return {
    name,
    ...about,
    expected: { checker: "elle/list-append", anomalies: ["G2-item", "G-single-item"] },
    anomalous: scenarioTrial(...sides.anomalous),
    control: { by: "setting", ...scenarioTrial(...sides.control) },
    runs: 10,
  };
}

const skewed = (system: "mariadb" | "galera", nodes: number, isolation: string): TrialScenario => ({
  system,
  workload: "list-append",
  nodes,
  ...transactions,
  set: [`isolation=${isolation}`, "appends=one-statement", "snapshot-isolation=true", "consistency=serializable"],
});

/**
 * Two transactions on different nodes break serializability when both are on their way to be certified before either's
 * write set arrives at the other's node, so the links are slow: the way takes tens of milliseconds in place of one.
 */
const onTheirWay = (nodes: number): TrialScenario => {
  const scenario = skewed("galera", nodes, "serializable");
  const slowLinks: Partial<TrialScenario> = nodes === 1 ? {} : { nemesis: ["latency:latencyMs=40:jitterMs=20"], faultEvery: 17_000, faultFor: 16_000 };
  return { ...scenario, ...slowLinks, timeLimit: 20_000, rate: 300, operationDeadline: 3_000, set: [...scenario.set!, "txn-length-min=2", "txn-length-max=3", "key-count=6"] };
};

/** What an application meets that sets neither: the version's own innodb_snapshot_isolation. */
const byDefault = (version: string): TrialScenario => ({
  system: "mariadb",
  workload: "list-append",
  nodes: 1,
  ...transactions,
  set: [`version=${version}`, "isolation=repeatable-read", "appends=read-then-write", "consistency=snapshot-isolation"],
});

/** Nothing acknowledged may be missing after every server was killed, with what it had not yet written to its log. */
const killed = (system: "mariadb" | "galera", flush: 0 | 1): TrialScenario => {
  const adds: TrialScenario = { system, workload: "set", nemesis: ["kill:target=all"], rate: 300, concurrency: 9, set: ["read-share=0", `flush-log-at-commit=${flush}`] };
  return system === "mariadb" ? { ...adds, nodes: 1, faultEvery: 4_000, faultFor: 500, timeLimit: 9_000 } : { ...adds, nodes: 3, faultEvery: 6_000, faultFor: 1_000, timeLimit: 8_000 };
};

function lostInAKill(name: string, about: Pick<RegressionRow, "title" | "runs">, system: "mariadb" | "galera"): RegressionRow {
  const what = system === "mariadb" ? "the server killed, twice" : "all three servers killed at once";
  return {
    name,
    corpus: "14F",
    ...about,
    expected: { checker: "set-full", anomalies: ["lost"] },
    anomalous: scenarioTrial(`innodb_flush_log_at_trx_commit 0; ${what}`, killed(system, 0)),
    control: { by: "setting", ...scenarioTrial(`innodb_flush_log_at_trx_commit 1, the default; ${what}`, killed(system, 1)) },
  };
}

export const mariadbRows: readonly RegressionRow[] = [
  lostUpdate(
    "mariadb-lost-update",
    { corpus: "8E", title: "two transactions at repeatable read both read a row and both write it: one update is lost" },
    { system: "mariadb", workload: "list-append", nodes: 1, ...transactions },
  ),
  {
    name: "mariadb-lost-update-by-version",
    corpus: "8E",
    title: "the same by the defaults of two versions: from 11.6.2 on innodb_snapshot_isolation is on by itself",
    expected: { checker: "elle/list-append", anomalies: ["lost-update"] },
    anomalous: scenarioTrial("MariaDB 10.11, its defaults", byDefault("10.11")),
    control: { by: "version", ...scenarioTrial("MariaDB 11.8, its defaults", byDefault("11.8")) },
    runs: 10,
  },
  lostUpdate(
    "galera-lost-update",
    { corpus: "10E", title: "the same in a healthy Galera cluster, on one node or across nodes" },
    { system: "galera", workload: "list-append", nodes: 3, ...transactions },
  ),
  writeSkew(
    "mariadb-write-skew",
    { corpus: "9E", title: "two transactions at repeatable read each read what the other writes, and both commit" },
    { anomalous: ["isolation=repeatable-read, snapshots", skewed("mariadb", 1, "repeatable-read")], control: ["isolation=serializable", skewed("mariadb", 1, "serializable")] },
  ),
  writeSkew(
    "galera-write-skew",
    { corpus: "12E", title: "the same across the nodes of a Galera cluster: certification looks at writes only" },
    { anomalous: ["isolation=repeatable-read, snapshots, three nodes", skewed("galera", 3, "repeatable-read")], control: ["isolation=serializable, one node", skewed("galera", 1, "serializable")] },
  ),
  writeSkew(
    "galera-serializable-across-nodes",
    { corpus: "13E", title: "a read lock holds on its own node only: serializable transactions on different nodes are not serializable" },
    { anomalous: ["isolation=serializable, three nodes, links of 40 ± 20 ms for 16 s", onTheirWay(3)], control: ["isolation=serializable, one node, as long", onTheirWay(1)] },
  ),
  {
    name: "galera-stale-read",
    corpus: "11E",
    title: "a node answers a read before it has applied what another node has acknowledged",
    expected: { checker: "linearizability", anomalies: ["nonlinearizable"] },
    anomalous: scenarioTrial("wsrep_sync_wait 0, the default", { system: "galera", workload: "register", timeLimit: 5_000, rate: 800, concurrency: 9, set: ["sync-wait=0"] }),
    control: { by: "setting", ...scenarioTrial("wsrep_sync_wait 1", { system: "galera", workload: "register", timeLimit: 5_000, rate: 800, concurrency: 9, set: ["sync-wait=1"] }) },
    runs: 10,
  },
  lostInAKill("mariadb-unwritten-log", { title: "a commit that only the server's own memory holds is gone when it is killed", runs: 10 }, "mariadb"),
  lostInAKill("galera-unwritten-logs", { title: "the same in a Galera cluster whose servers are all killed: no node is left to recover from", runs: 3 }, "galera"),
];
