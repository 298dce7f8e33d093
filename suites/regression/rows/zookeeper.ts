import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/**
 * Until the follower notices that it is alone (2.5 s), its clients go on reading from its copy, each until its next
 * write, which is not answered: so many clients, and few writes.
 */
const isolatedFollower: TrialScenario = {
  system: "zookeeper",
  workload: "register",
  nemesis: ["isolate:target=follower"],
  faultEvery: 8_000,
  faultFor: 5_000,
  timeLimit: 12_000,
  rate: 240,
  concurrency: 12,
  operationDeadline: 800,
};

export const zooKeeperRows: readonly RegressionRow[] = [
  {
    name: "zookeeper-stale-follower",
    corpus: "24E",
    title: "an isolated ZooKeeper follower answers reads from its own copy while the others acknowledge writes",
    expected: { checker: "linearizability", anomalies: ["nonlinearizable"] },
    anomalous: scenarioTrial("reads=local, the default; a follower isolated for 5 s", { ...isolatedFollower, set: ["reads=local", "read-share=0.9"] }),
    control: { by: "setting", ...scenarioTrial("reads=sync; a follower isolated for 5 s", { ...isolatedFollower, set: ["reads=sync", "read-share=0.9"] }) },
    runs: 10,
  },
];
