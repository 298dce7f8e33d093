import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/** Nothing acknowledged may be missing at the end; each third of the clients talks to a node of its own. */
const adds: TrialScenario = { system: "patroni", workload: "set", rate: 400, concurrency: 9, operationDeadline: 1_500, set: ["read-share=0"] };
/** Long enough for the lock to run out (20 s), for a successor and for some writes there. */
const partition: TrialScenario = { ...adds, nemesis: ["isolate:target=primary"], faultEvery: 32_000, faultFor: 30_000, timeLimit: 36_000 };
const killedAgent: TrialScenario = { ...adds, nemesis: ["kill:target=primary:process=patroni"], faultEvery: 32_000, faultFor: 30_000, timeLimit: 36_000 };
const synchronous = (on: "true" | "false"): readonly string[] => ["read-share=0", `synchronous-mode=${on}`];

export const patroniRows: readonly RegressionRow[] = [
  {
    name: "patroni-failover-loses-commits",
    corpus: "5F",
    title: "an isolated primary acknowledges until it gives up its role; with asynchronous replication those commits are not on its successor",
    expected: { checker: "set-full", anomalies: ["lost", "divergent"] },
    anomalous: scenarioTrial("asynchronous, the default; primary isolated for 30 s", { ...partition, set: synchronous("false") }),
    control: { by: "setting", ...scenarioTrial("synchronous_mode; primary isolated for 30 s", { ...partition, set: synchronous("true") }) },
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
