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

export const mariadbRows: readonly RegressionRow[] = [
  lostUpdate(
    "mariadb-lost-update",
    { corpus: "8E", title: "two transactions at repeatable read both read a row and both write it: one update is lost" },
    { system: "mariadb", workload: "list-append", nodes: 1, ...transactions },
  ),
  lostUpdate(
    "galera-lost-update",
    { corpus: "10E", title: "the same in a healthy Galera cluster, on one node or across nodes" },
    { system: "galera", workload: "list-append", nodes: 3, ...transactions },
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
];
