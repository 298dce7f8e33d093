import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/** One register that is read everywhere as fast as it goes. */
const register: TrialScenario = { system: "nats", workload: "register", timeLimit: 4_000, rate: 800, concurrency: 9 };

/** Nothing acknowledged may be missing at the end. */
const killedLeader: TrialScenario = {
  system: "nats",
  workload: "set",
  nemesis: ["kill:target=leader"],
  faultEvery: 6_000,
  faultFor: 3_000,
  timeLimit: 9_000,
  rate: 300,
  concurrency: 9,
  operationDeadline: 1_500,
};

export const natsRows: readonly RegressionRow[] = [
  {
    name: "nats-direct-get",
    corpus: "none: its documents say so",
    title: "a direct get is answered by any replica of a bucket, which may be behind what was acknowledged",
    expected: { checker: "linearizability", anomalies: ["nonlinearizable"] },
    anomalous: scenarioTrial("reads=direct", { ...register, set: ["reads=direct"] }),
    control: { by: "setting", ...scenarioTrial("reads=leader, the default", { ...register, set: ["reads=leader"] }) },
    runs: 10,
  },
  {
    name: "nats-killed-leader",
    corpus: "22F, its control",
    title: "a stream in the memory of one server is gone with its process; one in the files of three loses nothing when its leader is killed",
    expected: { checker: "set-full", anomalies: ["lost", "divergent"] },
    anomalous: scenarioTrial("replicas=1, storage=memory; leader killed for 3 s", { ...killedLeader, set: ["read-share=0", "replicas=1", "storage=memory"] }),
    control: { by: "setting", ...scenarioTrial("replicas=3, storage=file, the defaults; leader killed for 3 s", { ...killedLeader, set: ["read-share=0", "replicas=3", "storage=file"] }) },
    runs: 10,
  },
];
