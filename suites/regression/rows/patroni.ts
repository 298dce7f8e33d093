import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/** Nothing acknowledged may be missing at the end; each third of the clients talks to a node of its own. */
const adds: TrialScenario = { system: "patroni", workload: "set", rate: 400, concurrency: 9, operationDeadline: 1_500, set: ["read-share=0"] };
/** Long enough for the lock to run out (20 s), for a successor and for some writes there. */
const partition: TrialScenario = { ...adds, nemesis: ["isolate:target=primary"], faultEvery: 32_000, faultFor: 30_000, timeLimit: 36_000 };
const killedAgent: TrialScenario = { ...adds, nemesis: ["kill:target=primary:process=patroni"], faultEvery: 32_000, faultFor: 30_000, timeLimit: 36_000 };

/** By etcd's v2 interface, with which a primary that lost its lock cannot take it back unasked. */
const replication = (mode: "asynchronous" | "synchronous", api: "v2" | "v3"): TrialScenario => ({
  ...partition,
  set: ["read-share=0", `synchronous-mode=${mode === "synchronous"}`, `etcd-api=${api}`],
});
const newerPatroni = (scenario: TrialScenario): TrialScenario => ({ ...scenario, set: [...scenario.set!, "version=4.0"] });

/** Clients lose patience with a COMMIT that waits for a standby that is parted from its primary, and cancel it. */
const cancelled = (waits: "trusted" | "doubted"): TrialScenario => {
  const scenario = replication("synchronous", "v2");
  return { ...scenario, set: [...scenario.set!, "cancel-after=500", `cancelled-waits=${waits}`] };
};

export const patroniRows: readonly RegressionRow[] = [
  {
    name: "patroni-failover-loses-commits",
    corpus: "5F",
    title: "an isolated primary acknowledges until it gives up its role; with asynchronous replication those commits are not on its successor",
    expected: { checker: "set-full", anomalies: ["lost", "divergent"] },
    anomalous: scenarioTrial("asynchronous, the default (etcd v2); primary isolated for 30 s", replication("asynchronous", "v2")),
    control: { by: "setting", ...scenarioTrial("synchronous_mode (etcd v2); primary isolated for 30 s", replication("synchronous", "v2")) },
    runs: 3,
  },
  {
    name: "patroni-cancelled-wait-loses-commits",
    corpus: "6F",
    title: "in synchronous mode too: a COMMIT whose wait for its standby is cancelled is answered COMMIT, with a warning; who does not read it loses the commit in a failover",
    expected: { checker: "set-full", anomalies: ["lost", "divergent"] },
    anomalous: scenarioTrial("synchronous_mode (etcd v2), clients cancel after 500 ms, warnings not read; primary isolated for 30 s", cancelled("trusted")),
    control: { by: "setting", ...scenarioTrial("synchronous_mode (etcd v2), clients cancel after 500 ms, a warned COMMIT is in doubt; primary isolated for 30 s", cancelled("doubted")) },
    runs: 3,
  },
  {
    name: "patroni-stale-lock",
    corpus: "none: found here",
    title: "by etcd's v3 interface Patroni 3.0.2 renews its leader's key unasked: a primary that comes back from a partition may take the role from its successor, in synchronous mode too; 4.0.7 renews it only while it is its own",
    expected: { checker: "set-full", anomalies: ["lost", "divergent"] },
    anomalous: scenarioTrial("synchronous_mode, etcd v3; primary isolated for 30 s", replication("synchronous", "v3")),
    control: { by: "version", ...scenarioTrial("synchronous_mode, etcd v3, Patroni 4.0; primary isolated for 30 s", newerPatroni(replication("synchronous", "v3"))) },
    runs: 3,
  },
  {
    name: "patroni-killed-agent-split-brain",
    corpus: "7F",
    title: "the primary's Patroni is killed, its PostgreSQL lives: until Patroni is back there are two primaries",
    expected: { checker: "set-full", anomalies: ["lost", "divergent"] },
    anomalous: scenarioTrial("patroni killed on the primary for 30 s, no watchdog", killedAgent),
    control: { by: "no fault", ...scenarioTrial("without the fault", adds) },
    runs: 3,
  },
];
