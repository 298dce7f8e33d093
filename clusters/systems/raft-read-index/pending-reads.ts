import type { ActorContext, ActorId, OperationId } from "../../../harness/actor.ts";
import { majority } from "../raft/raft.ts";

/**
 * The reads that a leader has taken and not confirmed yet, in the order in which they came. A round of confirmations
 * that a majority answers confirms the read that it was sent for, and all before it:
 *
 *     pending   1: read a, index 4   2: read b, index 4   3: read c, index 5
 *     n2 answers round 2, and n1 is the leader itself: of three servers that is a majority, so a and b are confirmed
 */
export type PendingReads = readonly PendingRead[];
export type PendingRead = {
  /** What the confirmations of its round carry. */
  readonly round: Round;
  readonly request: ReadRequest;
  /** What was committed when it came: the read may be answered by whoever has applied so much. */
  readonly index: number;
  /** Peers that have answered its round, ascending. */
  readonly confirmedBy: readonly ActorId[];
};
export type Round = number | string;
/** A read as its door asks for it; `attempt` counts from 1. */
export type ReadRequest = { readonly operation: OperationId; readonly attempt: number; readonly door: ActorId };

/** `peer` has answered `round`; every round, for whoever does not look at names (`round` null). */
export function confirmed(pending: PendingReads, round: Round | null, peer: ActorId): PendingReads {
  return pending.map((read) =>
    (round === null || read.round === round) && !read.confirmedBy.includes(peer) ? { ...read, confirmedBy: [...read.confirmedBy, peer].sort((a, b) => a - b) } : read,
  );
}

/** Up to the last read that a majority has confirmed, the leader itself counted; and the rest. */
export function released(self: ActorContext, pending: PendingReads): { readonly released: PendingReads; readonly rest: PendingReads } {
  const count = 1 + pending.findLastIndex(({ confirmedBy }) => 1 + confirmedBy.length >= majority(self));
  return { released: pending.slice(0, count), rest: pending.slice(count) };
}
