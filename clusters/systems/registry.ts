import type { SystemDefinition } from "../../harness/actor.ts";
import { HarnessError } from "../../harness/errors.ts";
import { abd, abdAmnesia, abdFastRead } from "./abd/definition.ts";
import { atomicCommit, atomicCommitImpatient } from "./atomic-commit/definition.ts";
import { chain, chainReadAnywhere } from "./chain/definition.ts";
import { geoStore, geoStoreMajority, geoStoreVolatile } from "./geo-store/definition.ts";
import { lamportMutex, lamportMutexNoAcknowledgement, lamportMutexNoTieBreak, lamportMutexOvertaking } from "./lamport-mutex/definition.ts";
import { lease, leaseDrift } from "./lease/definition.ts";
import { lastWriterWinsMap, lwwMapArrival, lwwMapNoTieBreak } from "./lww-map/definition.ts";
import { observedRemoveSet, orSetResurrects, orSetTwoPhase } from "./or-set/definition.ts";
import { paxosAmnesia, paxosConsensus, paxosNoAdoption, paxosOwnPromise } from "./paxos/definition.ts";
import { primaryBackup, primaryBackupEarlyAnswer } from "./primary-backup/definition.ts";
import { pnCounter, pnCounterAddingMerge } from "./pn-counter/definition.ts";
import { raftCommitsOldTerms, raftLocalRead, raftRegister, raftTruncates, raftVoteAmnesia } from "./raft/definition.ts";
import { raftReadIndex, raftReadIndexAnyRound, raftReadIndexEarly, raftReadIndexSameName } from "./raft-read-index/definition.ts";
import { requestService, requestServiceNoKeys, requestServiceVolatileKeys } from "./request-service/definition.ts";
import { singleCopy, singleCopySplit } from "./single-copy/definition.ts";
import { stateMerge, stateMergeLastArrival, stateMergeOwnNumbers } from "./state-merge/definition.ts";
import { stateSync, stateSyncAnyCopy, stateSyncBlind, stateSyncContentNames, stateSyncSkipsGaps } from "./state-sync/definition.ts";
import { zab, zabAckFirst, zabEpochFirst } from "./zab/definition.ts";

/** Every system that is written as actors, in the order in which they are listed: each product, then its twins. */
export const systemDefinitions: readonly SystemDefinition[] = [
  ...[abd, abdFastRead, abdAmnesia],
  ...[singleCopy, singleCopySplit],
  ...[primaryBackup, primaryBackupEarlyAnswer],
  ...[chain, chainReadAnywhere],
  ...[paxosConsensus, paxosNoAdoption, paxosOwnPromise, paxosAmnesia],
  ...[raftRegister, raftVoteAmnesia, raftLocalRead, raftTruncates, raftCommitsOldTerms],
  ...[raftReadIndex, raftReadIndexEarly, raftReadIndexAnyRound, raftReadIndexSameName],
  ...[zab, zabEpochFirst, zabAckFirst],
  ...[atomicCommit, atomicCommitImpatient],
  ...[lamportMutex, lamportMutexNoAcknowledgement, lamportMutexNoTieBreak, lamportMutexOvertaking],
  ...[lease, leaseDrift],
  ...[pnCounter, pnCounterAddingMerge],
  ...[observedRemoveSet, orSetResurrects, orSetTwoPhase],
  ...[lastWriterWinsMap, lwwMapNoTieBreak, lwwMapArrival],
  ...[requestService, requestServiceNoKeys, requestServiceVolatileKeys],
  ...[stateSync, stateSyncBlind, stateSyncSkipsGaps, stateSyncAnyCopy, stateSyncContentNames],
  ...[stateMerge, stateMergeLastArrival, stateMergeOwnNumbers],
  ...[geoStore, geoStoreMajority, geoStoreVolatile],
];

/** The definition of that name; `UNKNOWN_NAME` lists those that exist. */
export function findSystem(name: string): SystemDefinition {
  const found = systemDefinitions.find((definition) => definition.name === name);
  if (found !== undefined) return found;
  throw new HarnessError("UNKNOWN_NAME", `no system ${JSON.stringify(name)} (there are ${systemDefinitions.map((s) => s.name).join(", ")})`, {
    nextStep: "see `rashomon list systems`",
  });
}
