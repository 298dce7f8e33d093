import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

const isolatedLeader: TrialScenario = {
  system: "etcd",
  workload: "register",
  nemesis: ["isolate:target=leader"],
  faultEvery: 8_000,
  faultFor: 5_000,
  timeLimit: 12_000,
  rate: 120,
  concurrency: 6,
  operationDeadline: 800,
};

export const etcdRows: readonly RegressionRow[] = [
  {
    name: "etcd-serializable-reads",
    corpus: "15E",
    title: "etcd's serializable reads are answered from a node's own copy: an isolated leader answers from the past",
    expected: { checker: "linearizability", anomalies: ["nonlinearizable"] },
    anomalous: scenarioTrial("reads=serializable", { ...isolatedLeader, set: ["reads=serializable"] }),
    control: { by: "setting", ...scenarioTrial("reads=linearizable", { ...isolatedLeader, set: ["reads=linearizable"] }) },
    runs: 3,
  },
];
