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

/** One register that is written and read everywhere as fast as it goes: a follower learns of a commit a moment after the leader. */
const freshlyPut = (reads: string): TrialScenario => ({ system: "etcd", workload: "register", timeLimit: 5_000, rate: 1_000, concurrency: 9, set: [`reads=${reads}`] });

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
  set: ["watch-share=0.15", "at-compaction-share=0.5", `compact-share=${share}`, "look-back=0", "look-ahead=0", "listen=400", "keys=4"],
});

/**
 * A follower is away while the others are started again, which makes them forget all entries before their last snapshots:
 * so it is sent a snapshot when it is back, while a watch stays open at it from before the fault until after it. Without
 * restarts they would keep 5,000 entries for it, a constant of etcd.
 */
const snapshotUnderWatches: TrialScenario = {
  system: "etcd",
  workload: "watch",
  nemesis: ["outrun:target=follower"],
  faultEvery: 3_000,
  faultFor: 1_000,
  timeLimit: 11_000,
  rate: 300,
  concurrency: 15,
  operationDeadline: 25_000,
  set: ["watch-share=0", "watchers=3", "listen=18000", "keys=1", "look-back=0", "snapshot-count=50"],
};

/** The same with commits after the follower is back, which a watch must not be told yet: the fault takes 8 to 14 s. */
const commitsAfterSnapshot = withSet({ ...snapshotUnderWatches, timeLimit: 20_000, operationDeadline: 32_000 }, "listen=26000");

/** Watches from the past, which the store catches up with every 100 ms, are asked how far they are while it does. */
const askedWatches: TrialScenario = {
  system: "etcd",
  workload: "watch",
  nodes: 1,
  timeLimit: 5_000,
  rate: 300,
  concurrency: 6,
  set: ["watch-share=0.1", "look-back=300", "listen=300"],
};

/**
 * Two hundred watches on a connection are told of each commit, and etcd's queue for a connection holds 128 answers, while
 * history is compacted. They listen on when the commits have ended, until they have been told all.
 */
const starvedWatches: TrialScenario = {
  system: "etcd",
  workload: "watch",
  nodes: 1,
  timeLimit: 8_000,
  rate: 400,
  concurrency: 11,
  operationDeadline: 20_000,
  set: ["watch-share=0", "watchers=1", "companions=200", "listen=12000", "compact-share=0.05", "look-back=5", "look-ahead=0", "keys=1"],
};

/**
 * Work under the lock takes 200 ms and a lease lives for 2 s: a node that is paused for 4 s mostly holds up a holder of the
 * lock in its work, while the others take the lock on. Not the leader, which ends the leases.
 */
const lockedSet = (guard: string): TrialScenario => ({
  system: "etcd",
  workload: "set",
  nemesis: ["pause:target=follower"],
  faultEvery: 6_000,
  faultFor: 4_000,
  timeLimit: 24_000,
  rate: 30,
  concurrency: 6,
  operationDeadline: 8_000,
  set: ["read-share=0", `set-guard=${guard}`],
});

/** The leader ends leases: of 2 s it sees the end after a tenth, and looks every half second, while each holder works for 200 ms. */
const leaseEndedEarly = (guard: string): TrialScenario => ({
  ...lockedSet(guard),
  nemesis: ["clock-drift:target=leader:rate=20"],
  faultEvery: 7_000,
  faultFor: 5_000,
  timeLimit: 14_000,
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
    name: "etcd-serializable-reads-without-fault",
    corpus: "15E, put at the leader, get at a follower",
    title: "the same without any fault: a follower has not yet applied what was just acknowledged",
    expected: { checker: "linearizability", anomalies: ["nonlinearizable"] },
    anomalous: scenarioTrial("reads=serializable, no fault", freshlyPut("serializable")),
    control: { by: "setting", ...scenarioTrial("reads=linearizable, no fault", freshlyPut("linearizable")) },
    runs: 10,
  },
  {
    name: "etcd-lock-loses-updates",
    corpus: "16F",
    title: "etcd's lock is no mutual exclusion: a holder whose node is paused for longer than its lease writes over what later holders wrote",
    expected: { checker: "set-full", anomalies: ["lost"] },
    anomalous: scenarioTrial("a set under a lock; followers paused for 4 s", lockedSet("lock")),
    control: { by: "setting", ...scenarioTrial("fenced: the write asks whether the lock's key still exists; followers paused for 4 s", lockedSet("fenced-lock")) },
    runs: 3,
  },
  {
    name: "etcd-lock-fast-leader",
    corpus: "none: found here",
    title: "etcd's leases are as long as its leader's clock says: a leader whose clock runs ahead gives the lock on while its holder works and keeps it alive",
    expected: { checker: "set-full", anomalies: ["lost"] },
    anomalous: scenarioTrial("a set under a lock; the leader's clocks 20 times as fast for 5 s", leaseEndedEarly("lock")),
    control: { by: "setting", ...scenarioTrial("fenced: the write asks whether the lock's key still exists; the leader's clocks 20 times as fast for 5 s", leaseEndedEarly("fenced-lock")) },
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
  {
    name: "etcd-watch-repeats-after-snapshot",
    corpus: "18F: etcd #15271",
    title: "a follower that gets a snapshot from its leader tells its open watches again what it had told them before",
    expected: { checker: "watch", anomalies: ["ordered", "unique"] },
    anomalous: scenarioTrial("version=3.4; follower outrun", withSet(snapshotUnderWatches, "look-ahead=0", "version=3.4")),
    control: { by: "version", ...scenarioTrial("version=3.5; follower outrun", withSet(snapshotUnderWatches, "look-ahead=0", "version=3.5")) },
    runs: 3,
  },
  {
    name: "etcd-watch-future-after-snapshot",
    corpus: "18F: etcd #20221",
    title: "a watch from a future revision, at a follower that gets a snapshot from its leader, is told of revisions before that",
    expected: { checker: "watch", anomalies: ["filter"] },
    anomalous: scenarioTrial("follower outrun", withSet(commitsAfterSnapshot, "look-ahead=100000", "version=3.5")),
    control: { by: "no fault", ...scenarioTrial("without the fault", withSet({ ...commitsAfterSnapshot, nemesis: [] }, "look-ahead=100000", "version=3.5")) },
    runs: 3,
  },
  {
    name: "etcd-watch-early-progress",
    corpus: "18F: etcd #15220",
    title: "a watch that is asked how far it has been told names a revision whose events it has yet to tell",
    expected: { checker: "watch", anomalies: ["bookmarkable"] },
    anomalous: scenarioTrial("version=3.4; asked every 50 ms", withSet(askedWatches, "ask-progress=50", "version=3.4")),
    control: { by: "version", ...scenarioTrial("version=3.5; asked every 50 ms", withSet(askedWatches, "ask-progress=50", "version=3.5")) },
    runs: 10,
  },
  {
    name: "etcd-watch-starved",
    corpus: "18F: etcd #17529",
    title: "a watch that waits for a place in its connection's full queue, and is behind a compaction, is neither refused nor told what it missed",
    expected: { checker: "watch", anomalies: ["reliable", "resumable"] },
    anomalous: scenarioTrial("version=3.4; two hundred watches on a connection", withSet(starvedWatches, "version=3.4")),
    control: { by: "version", ...scenarioTrial("version=3.5; two hundred watches on a connection", withSet(starvedWatches, "version=3.5")) },
    runs: 10,
  },
];

function withSet(scenario: TrialScenario, ...more: readonly string[]): TrialScenario {
  return { ...scenario, set: [...(scenario.set ?? []), ...more] };
}
