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

/**
 * Few clients on one node, so that a deletion is often the newest revision when its client compacts there, and little else
 * is compacted before the client watches from there.
 */
const compactedWatches = (share: number): TrialScenario => ({
  system: "etcd",
  workload: "watch",
  nodes: 1,
  timeLimit: 10_000,
  rate: 300,
  concurrency: 4,
  set: ["watch-share=0.15", "at-compaction-share=0.5", `compact-share=${share}`, "look-back=0", "listen=400", "keys=4"],
});

export const etcdRows: readonly RegressionRow[] = [
  {
    name: "etcd-serializable-reads",
    corpus: "15E",
    title: "etcd's serializable reads are answered from a node's own copy: an isolated leader answers from the past",
    expected: { checker: "linearizability", anomalies: ["nonlinearizable"] },
    anomalous: scenarioTrial("reads=serializable", { ...isolatedLeader, set: ["reads=serializable"] }),
    control: { by: "setting", ...scenarioTrial("reads=linearizable", { ...isolatedLeader, set: ["reads=linearizable"] }) },
    runs: 10,
  },
  {
    name: "etcd-watch-lost-delete",
    corpus: "18F: etcd #19179, #18089",
    title: "compaction at the revision of a deletion drops its tombstone: a watch from that revision, the oldest that is allowed, is not told of the deletion",
    expected: { checker: "watch", anomalies: ["resumable", "bookmarkable"] },
    anomalous: scenarioTrial("history compacted at the revision that is watched from", compactedWatches(0.15)),
    control: { by: "no fault", ...scenarioTrial("nothing is compacted", compactedWatches(0)) },
    runs: 10,
  },
];
