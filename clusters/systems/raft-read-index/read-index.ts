import type { Actor, ActorContext, ActorId, OperationId, Out } from "../../../harness/actor.ts";
import { read } from "../../../harness/objects/register.ts";
import { termAt } from "../raft/log.ts";
import { raftActor, type RaftVariant } from "../raft/raft.ts";
import type { RaftDurable, RaftMessage, RaftState, RaftTimer } from "../raft/state.ts";
import { confirmed, type PendingReads, type ReadRequest, released, type Round } from "./pending-reads.ts";

/**
 * Linearizable reads that leave the log alone: Ongaro, "Consensus: bridging theory and practice" (2014), §6.4, as etcd
 * has it. Any server takes a read. It asks the leader what is committed now, the *read index*; the leader makes sure that
 * it was still the leader when it was asked, by a round that a majority answers; whoever has applied that much answers.
 *
 *     client     n2 (door)                     n1 (leader)                    n3
 *        | read      |                              |                          |
 *        |---------->|--- readIndex --------------->| notes its commitIndex    |
 *        |           |<-- confirm, round 1 ---------|--- confirm, round 1 ---->|
 *        |           |--- confirmed, round 1 ------>| n1 and n2: a majority    |
 *        |           |<-- index --------------------|                          |
 *        |<----------| once it has applied so much  |                          |
 *
 * A server answers a round only in the round's term, so a majority of answers shows that no later leader had been elected
 * when the round was sent. Three things are easily wrong, and each is a twin:
 *
 * - a leader that has committed nothing in its own term does not know what is committed (etcd #7331): requests wait for it;
 * - an answer counts for the round that it answers, and for no later one: the leader names each round by a number of its own;
 * - a name that the *door* gave can come twice, because requests are repeated when their answer is late. In etcd from
 *   3.4.20 and 3.5.0 to 3.4.41 and 3.6.8 a late answer to the first request confirmed the second, and with it every read
 *   that had come between the two, at a leader that had long been replaced (#20418; removed at both ends: etcd #21399
 *   gives each repetition a name of its own, raft #397 gives rounds the leader's).
 *
 * Everything else is Raft's (`raft.ts`), whose leader opens its term with an entry of its own here.
 */
export interface ReadRules {
  /** Who names rounds: the leader, by counting; or the door, by the operation and the attempt. */
  readonly rounds: "leader" | "door";
  /** A request that is repeated gets a new name. Of consequence only where doors name rounds. */
  readonly freshNames: boolean;
  /** An answer counts for its own round only; without it: the bug of `raft-read-index-any-round`. */
  readonly looksAtRounds: boolean;
  /** A leader waits for the first commit of its own term; without it: the bug of `raft-read-index-early`. */
  readonly awaitsOwnCommit: boolean;
}

export interface ReadIndexVariant {
  readonly raft: Omit<RaftVariant, "opensTerm" | "logsReads">;
  readonly reads: ReadRules;
  /** How long a door waits for a read index before it asks again, ms. */
  readonly retryMs: number;
}

export type ReadIndexState = {
  readonly raft: RaftState;
  /** Clients' reads here that are not answered yet, oldest first. */
  readonly asked: readonly AskedRead[];
  /** What a leader has to do; null at all others. */
  readonly office: Office | null;
};
/** `attempt`: how often the leader was asked by a name of its own, 0 while none is known; `index`: what has to be applied, once that is known. */
type AskedRead = { readonly operation: OperationId; readonly attempt: number; readonly index: number | null };
type Office = {
  readonly pending: PendingReads;
  /** Rounds that were named in this term. */
  readonly rounds: number;
  /** Requests that wait for the first commit of the term. */
  readonly early: readonly ReadRequest[];
};

type ReadMessage =
  | { readonly type: "readIndex"; readonly operation: OperationId; readonly attempt: number }
  | { readonly type: "confirm"; readonly term: number; readonly round: Round }
  | { readonly type: "confirmed"; readonly term: number; readonly round: Round }
  | { readonly type: "index"; readonly operation: OperationId; readonly index: number };
type ReadIndexMessage = RaftMessage | ReadMessage;
type ReadIndexTimer = RaftTimer | "retry";
type ReadIndexOut = Out<ReadIndexMessage, ReadIndexTimer, never, RaftDurable>;

const vacantOffice: Office = { pending: [], rounds: 0, early: [] };

/** One server; `variant` chooses the correct system or a twin. */
export function readIndexActor(variant: ReadIndexVariant): Actor<ReadIndexState, ReadIndexMessage, ReadIndexTimer, never, RaftDurable> {
  const { reads } = variant;
  const raft = raftActor({ ...variant.raft, opensTerm: true, logsReads: true });

  // ---------------------------------------------------------------- the door

  const awaitIndex = (out: ReadIndexOut): void => out.setTimer("retry", [variant.retryMs, variant.retryMs]);

  /** Asks the leader, if one is known, for the index of every read that `which` picks. */
  const ask = (self: ActorContext, state: ReadIndexState, which: (read: AskedRead) => boolean, out: ReadIndexOut): ReadIndexState => {
    const leader = knownLeader(self, state.raft);
    const picked = leader === null ? [] : state.asked.filter(which);
    if (leader === null || picked.length === 0) return state;
    awaitIndex(out);
    const nextAttempt = ({ attempt }: AskedRead): number => (reads.freshNames ? attempt + 1 : 1);
    let after: ReadIndexState = { ...state, asked: state.asked.map((one) => (picked.includes(one) ? { ...one, attempt: nextAttempt(one) } : one)) };
    for (const one of picked) {
      const request = { operation: one.operation, attempt: nextAttempt(one) };
      if (leader === self.id) after = take(self, after, { ...request, door: self.id }, out);
      else out.send(leader, { type: "readIndex", ...request });
    }
    return after;
  };

  const learn = (state: ReadIndexState, { operation, index }: { readonly operation: OperationId; readonly index: number }, out: ReadIndexOut): ReadIndexState => {
    if (!state.asked.some((one) => one.operation === operation && one.index === null)) return state;
    const asked = state.asked.map((one) => (one.operation === operation ? { ...one, index } : one));
    if (asked.every((one) => one.index !== null)) out.cancelTimer("retry");
    return answerApplied({ ...state, asked }, out);
  };

  /** Answers what has its index, and whose index is applied here. */
  const answerApplied = (state: ReadIndexState, out: ReadIndexOut): ReadIndexState => {
    const ready = (one: AskedRead): boolean => one.index !== null && one.index <= state.raft.commitIndex;
    if (!state.asked.some(ready)) return state;
    const [result] = variant.raft.machine.apply(state.raft.applied, read());
    for (const { operation } of state.asked.filter(ready)) out.reply(operation, result!.ret);
    return { ...state, asked: state.asked.filter((one) => !ready(one)) };
  };

  // ---------------------------------------------------------------- the leader

  const take = (self: ActorContext, state: ReadIndexState, request: ReadRequest, out: ReadIndexOut): ReadIndexState => {
    const { raft: { term, log, commitIndex }, office } = state;
    if (office === null) return state;
    if (reads.awaitsOwnCommit && termAt(log, commitIndex) !== term) return { ...state, office: { ...office, early: [...office.early, request] } };
    const round = reads.rounds === "leader" ? office.rounds + 1 : `${request.operation}/${request.attempt}`;
    if (office.pending.some((one) => one.round === round)) return state;
    for (const peer of self.peers) out.send(peer, { type: "confirm", term, round });
    const pending = [...office.pending, { round, request, index: commitIndex, confirmedBy: [] }];
    return release(self, { ...state, office: { ...office, pending, rounds: reads.rounds === "leader" ? office.rounds + 1 : 0 } }, out);
  };

  const release = (self: ActorContext, state: ReadIndexState, out: ReadIndexOut): ReadIndexState => {
    if (state.office === null) return state;
    const { released: done, rest } = released(self, state.office.pending);
    let after: ReadIndexState = { ...state, office: { ...state.office, pending: rest } };
    for (const { request: { operation, door }, index } of done) {
      if (door === self.id) after = learn(after, { operation, index }, out);
      else out.send(door, { type: "index", operation, index });
    }
    return after;
  };

  /** What follows for reads when Raft has made a step. */
  const follow = (self: ActorContext, before: ReadIndexState, next: RaftState, out: ReadIndexOut): ReadIndexState => {
    if (next === before.raft) return before;
    const office = next.role.name !== "leader" ? null : before.office === null || next.term !== before.raft.term ? vacantOffice : before.office;
    const early = office !== null && termAt(next.log, next.commitIndex) === next.term ? office.early : [];
    let state: ReadIndexState = { ...before, raft: next, office: office === null || early.length === 0 ? office : { ...office, early: [] } };
    for (const request of early) state = take(self, state, request, out);
    return answerApplied(ask(self, state, ({ attempt }) => attempt === 0, out), out);
  };

  return {
    kind: variant.raft.kind,

    start(self, durable, out) {
      const begun = raft.start(self, durable, out);
      return { raft: begun, asked: [], office: begun.role.name === "leader" ? vacantOffice : null };
    },

    onClient(self, state, operation, call, out) {
      if (call.f !== "read") return follow(self, state, raft.onClient!(self, state.raft, operation, call, out), out);
      return ask(self, { ...state, asked: [...state.asked, { operation, attempt: 0, index: null }] }, ({ attempt }) => attempt === 0, out);
    },

    onTimer(self, state, timer, out) {
      if (timer !== "retry") return follow(self, state, raft.onTimer!(self, state.raft, timer, out), out);
      if (knownLeader(self, state.raft) === null) awaitIndex(out);
      return ask(self, state, ({ index }) => index === null, out);
    },

    onMessage(self, state, from, message, out) {
      switch (message.type) {
        case "readIndex":
          return take(self, state, { operation: message.operation, attempt: message.attempt, door: from }, out);
        case "confirm":
          if (message.term === state.raft.term) out.send(from, { ...message, type: "confirmed" });
          return state;
        case "confirmed": {
          const { office } = state;
          if (office === null || message.term !== state.raft.term) return state;
          const pending = confirmed(office.pending, reads.looksAtRounds ? message.round : null, from);
          return release(self, { ...state, office: { ...office, pending } }, out);
        }
        case "index":
          return learn(state, message, out);
        default:
          return follow(self, state, raft.onMessage(self, state.raft, from, message, out), out);
      }
    },
  };
}

/** The leader as far as this server knows. */
function knownLeader(self: ActorContext, { role }: RaftState): ActorId | null {
  if (role.name === "leader") return self.id;
  return role.name === "follower" ? role.leader : null;
}
