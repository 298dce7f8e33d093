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

/** The writes of 2 s are gone with the power of all; then there is time to find a leader, and for writes that show copies that differ. */
const poweredOff = (lossMs: number): TrialScenario => ({
  ...killedLeader,
  nemesis: [`power-loss:target=all:lossMs=${lossMs}`],
  faultEvery: 6_000,
  faultFor: 2_000,
  timeLimit: 22_000,
  rate: 200,
  set: ["read-share=0"],
});

/** About what an election takes (4 to 9 s): the leader goes on alone, and is back when others have just taken over, or are about to. */
const partedLeader = (version: string): TrialScenario => ({
  system: "nats",
  workload: "set",
  nemesis: ["isolate:target=leader"],
  faultEvery: 7_000,
  faultFor: 4_000,
  timeLimit: 16_000,
  rate: 60,
  concurrency: 6,
  operationDeadline: 800,
  set: ["read-share=0", `version=${version}`],
});

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
  {
    name: "nats-power-loss",
    corpus: "22F",
    title: "a stream in the files of three servers loses what it acknowledged when all lose their power: files are synced every two minutes, which this version cannot be told otherwise; killed at the same moment without that they lose nothing, but their copies differed in one run of three",
    expected: { checker: "set-full", anomalies: ["lost"] },
    anomalous: scenarioTrial("power of all three, and with it the un-synced writes of 2 s", poweredOff(2_000)),
    control: { by: "no fault", ...scenarioTrial("all three killed at the same moment, no write lost", poweredOff(0)) },
    runs: 3,
  },
  {
    name: "nats-parted-leader-diverges",
    corpus: "none: found here",
    title: "after a partition of the stream's leader its copy has messages that nobody acknowledged in the places of messages that were acknowledged, and keeps them; its count and last sequence are often the same",
    expected: { checker: "set-full", anomalies: ["divergent"] },
    anomalous: scenarioTrial("version=2.9; leader isolated for 4 s, twice", partedLeader("2.9")),
    control: { by: "version", ...scenarioTrial("version=2.10; leader isolated for 4 s, twice", partedLeader("2.10")) },
    runs: 3,
  },
];
