import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/**
 * The corpus' toy store in Node is one of our own systems here, on processes: no Docker is needed, and what these rows
 * miss is the harness's own fault. Where the corpus writes at a primary, `abd` acknowledges what a majority has: n1 and
 * n2, with n3 50 ms behind them by slow links.
 */
const lateReplica: TrialScenario = {
  system: "abd",
  cluster: "local",
  workload: "register",
  nemesis: ["latency:target=n3:latencyMs=50:jitterMs=0"],
  faultEvery: 3_000,
  faultFor: 2_500,
  timeLimit: 4_000,
  rate: 300,
  concurrency: 6,
};

/** One server. Few writes, so that the first answer after the restart is nearly always a read's. */
const restarted: TrialScenario = {
  system: "abd",
  cluster: "local",
  workload: "register",
  nemesis: ["kill:target=all"],
  faultEvery: 2_000,
  faultFor: 500,
  timeLimit: 4_000,
  rate: 100,
  concurrency: 4,
  nodes: 1,
  set: ["read-share=0.8"],
};

export const toyRows: readonly RegressionRow[] = [
  {
    name: "toy-kv-stale-replica",
    corpus: "28E, a",
    title: "a replica of a toy store answers reads from its own copy, before it has what was acknowledged",
    expected: { checker: "linearizability", anomalies: ["nonlinearizable"] },
    anomalous: scenarioTrial("abd-fast-read: reads from the copy that is asked; n3's links of 50 ms", { ...lateReplica, system: "abd-fast-read" }),
    control: { by: "setting", ...scenarioTrial("abd: reads ask a majority; n3's links of 50 ms", lateReplica) },
    runs: 10,
  },
  {
    name: "toy-kv-crash-amnesia",
    corpus: "28E, b",
    title: "a toy store that keeps everything in memory is killed, and has forgotten what it acknowledged when it is back",
    expected: { checker: "linearizability", anomalies: ["nonlinearizable"] },
    anomalous: scenarioTrial("abd-amnesia: memory only; its one server killed for 0.5 s", { ...restarted, system: "abd-amnesia" }),
    control: { by: "setting", ...scenarioTrial("abd: saves before it answers; its one server killed for 0.5 s", restarted) },
    runs: 10,
  },
];
