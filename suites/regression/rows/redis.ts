import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/** Nothing acknowledged may be missing at the end; each third of the clients stays with a node of its own. */
const adds: TrialScenario = { system: "redis", workload: "set", rate: 300, concurrency: 9, timeLimit: 20_000, set: ["reads=any-node", "read-share=0"] };
/** Long enough for a failover (some 4 s), and for more than the 10 s for which a primary still counts replicas that it does not hear. */
const isolatedPrimary: TrialScenario = { ...adds, nemesis: ["isolate:target=primary"], faultEvery: 16_000, faultFor: 14_000 };
const minReplicas = [...adds.set!, "min-replicas-to-write=1"];

/** Replicas hear of what is written a fifth of a second later; no failover, which would be another row. */
const lateReplicas = (reads: string): TrialScenario => ({
  system: "redis",
  workload: "register",
  nemesis: ["latency:latencyMs=200:jitterMs=50"],
  faultEvery: 5_000,
  faultFor: 4_000,
  timeLimit: 8_000,
  rate: 300,
  concurrency: 9,
  set: [`reads=${reads}`, "down-after=30000"],
});

export const redisRows: readonly RegressionRow[] = [
  {
    name: "redis-sentinel-loses-writes",
    corpus: "19F",
    title: "an isolated primary goes on acknowledging; when it comes back it is made a replica of its successor, and what it acknowledged is gone",
    expected: { checker: "set-full", anomalies: ["lost"] },
    anomalous: scenarioTrial("defaults; primary isolated for 14 s", isolatedPrimary),
    control: { by: "no fault", ...scenarioTrial("without the fault", adds) },
    runs: 3,
  },
  {
    name: "redis-min-replicas-loses-writes",
    corpus: "19F",
    title: "min-replicas-to-write shortens the time in which an isolated primary acknowledges, by its max-lag of 10 s; waiting for a replica after each write prevents the loss here, though Redis does not promise that",
    expected: { checker: "set-full", anomalies: ["lost"] },
    anomalous: scenarioTrial("min-replicas-to-write 1; primary isolated for 14 s", { ...isolatedPrimary, set: minReplicas }),
    control: { by: "setting", ...scenarioTrial("min-replicas-to-write 1 and WAIT 1; primary isolated for 14 s", { ...isolatedPrimary, set: [...minReplicas, "wait=1"] }) },
    runs: 3,
  },
  {
    name: "redis-stale-replica",
    corpus: "20F",
    title: "a replica answers a read before it has what the primary has acknowledged",
    expected: { checker: "linearizability", anomalies: ["nonlinearizable"] },
    anomalous: scenarioTrial("reads=any-node; links of 200 ± 50 ms", lateReplicas("any-node")),
    control: { by: "setting", ...scenarioTrial("reads=primary; links of 200 ± 50 ms", lateReplicas("primary")) },
    runs: 10,
  },
];
