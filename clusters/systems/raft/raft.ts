import type { Actor, ActorContext, ActorId, OperationId, Out } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import type { SequentialSpec } from "../../../harness/spec.ts";
import { isUpToDate, lastIndex, lastTerm, opening, type Request, termAt, withEntries } from "./log.ts";
import type { RaftBeginning, RaftDurable, RaftMessage, RaftState, RaftTimer, Role } from "./state.ts";

/**
 * A replicated log: Ongaro and Ousterhout, "In search of an understandable consensus algorithm" (USENIX ATC 2014), figure
 * 2, in the paper's names, as messages instead of remote calls (as in the TLA+ specification of Ongaro's dissertation).
 * One leader per term appends what clients ask to its log; an entry of its own term that a majority holds is committed,
 * with all before it, and is applied to the state machine at every server in the order of the log:
 *
 *     n1  term 1: a ── term 1: b ── term 2: c            commitIndex 2: a and b are decided
 *     n2  term 1: a ── term 1: b                         c is on one server only, and a leader without it may be elected
 *     n3  term 1: a
 *
 * Reads go through the log like everything else, so they are linearizable without clocks. Any server takes requests: it
 * passes them to the leader, or keeps them until it hears of one, and answers when the answer comes back.
 *
 * Choices of ours: a request is passed on at most once per leader and never repeated, so a lost one stays unanswered
 * rather than being applied twice (the paper's §8 has serial numbers for clients who repeat). Snapshots (§7) and changes
 * of membership (§6) are not here.
 */
export interface RaftVariant {
  readonly kind: string;
  /** The vote is on disk before it is given; without it: the bug of `raft-vote-amnesia`. */
  readonly savesVote: boolean;
  /** Entries are committed by counting replicas in the leader's own term only (§5.4.2); without it: `raft-commits-old-terms`. */
  readonly commitsOwnTermOnly: boolean;
  /** Reads go through the log; without it: the bug of `raft-local-read`. */
  readonly logsReads: boolean;
  /** Only conflicting entries are deleted (§5.3); without it: the bug of `raft-truncates`. */
  readonly keepsMatching: boolean;
  /** A leader opens its term with an entry of its own, so that it learns what is committed without waiting for a client (§8). */
  readonly opensTerm: boolean;
  /** What the log is applied to; deterministic. */
  readonly machine: SequentialSpec;
  /** Where servers are at their first start, by server; those that are not named begin from nothing. */
  readonly begin: readonly RaftBeginning[];
  /** How long a server hears no leader before it stands for election, ms: [least, most]. */
  readonly electionMs: readonly [number, number];
  readonly heartbeatMs: number;
}

type RaftOut = Out<RaftMessage, RaftTimer, never, RaftDurable>;

/** One server; `variant` chooses the correct system or a twin. */
export function raftActor(variant: RaftVariant): Actor<RaftState, RaftMessage, RaftTimer, never, RaftDurable> {
  const remember = <S extends RaftState>(state: S, out: RaftOut): S => {
    const { term, votedFor, log } = state;
    out.save({ term, votedFor: variant.savesVote ? votedFor : null, log });
    return state;
  };

  const beat = (out: RaftOut): void => out.setTimer("heartbeat", [variant.heartbeatMs, variant.heartbeatMs]);

  const awaitLeader = (out: RaftOut): void => {
    out.cancelTimer("election");
    out.setTimer("election", variant.electionMs);
  };

  // ---------------------------------------------------------------- elections (§5.2, §5.4.1)

  const stand = (self: ActorContext, state: RaftState, out: RaftOut): RaftState => {
    const standing = remember({ ...state, term: state.term + 1, votedFor: self.id, role: { name: "candidate", votes: [self.id] } }, out);
    for (const peer of self.peers) {
      out.send(peer, { type: "requestVote", term: standing.term, lastLogIndex: lastIndex(state.log), lastLogTerm: lastTerm(state.log) });
    }
    awaitLeader(out);
    return lead(self, standing, out);
  };

  /** Takes office with the votes of a majority. */
  const lead = (self: ActorContext, state: RaftState, out: RaftOut): RaftState => {
    if (state.role.name !== "candidate" || state.role.votes.length < majority(self)) return state;
    out.cancelTimer("election");
    beat(out);
    const everywhere = (index: number): number[] => Array.from({ length: self.servers }, () => index);
    const role: Role = { name: "leader", nextIndex: everywhere(lastIndex(state.log) + 1), matchIndex: everywhere(0) };
    const requests = variant.opensTerm ? [opening(state.term, self.id), ...state.queued] : state.queued;
    return append(self, { ...state, role, queued: [] }, requests, out);
  };

  /** Any message of a later term makes a follower in that term. */
  const meetTerm = (state: RaftState, term: number, out: RaftOut): RaftState => {
    if (term <= state.term) return state;
    if (state.role.name === "leader") {
      out.cancelTimer("heartbeat");
      awaitLeader(out);
    }
    return remember({ ...state, term, votedFor: null, role: { name: "follower", leader: null } }, out);
  };

  // ---------------------------------------------------------------- the log (§5.3)

  const append = (self: ActorContext, state: RaftState, requests: readonly Request[], out: RaftOut): RaftState => {
    const entries = requests.map((request) => ({ term: state.term, request }));
    const after = entries.length === 0 ? state : remember({ ...state, log: [...state.log, ...entries] }, out);
    for (const peer of self.peers) replicate(after, peer, out);
    return commit(self, after, out);
  };

  /** Sends what the follower may lack; nothing new is a heartbeat. */
  const replicate = ({ role, term, log, commitIndex }: RaftState, to: ActorId, out: RaftOut): void => {
    if (role.name !== "leader") return;
    const prevLogIndex = role.nextIndex[to]! - 1;
    out.send(to, { type: "append", term, prevLogIndex, prevLogTerm: termAt(log, prevLogIndex)!, entries: log.slice(prevLogIndex), leaderCommit: commitIndex });
  };

  /** The leader's rule: what a majority holds is committed, if it is of the leader's own term (figure 8 shows why). */
  const commit = (self: ActorContext, state: RaftState, out: RaftOut): RaftState => {
    const { role, log, term, commitIndex } = state;
    if (role.name !== "leader") return state;
    for (let index = lastIndex(log); index > commitIndex; index--) {
      const holders = 1 + self.peers.filter((peer) => role.matchIndex[peer]! >= index).length;
      if (holders >= majority(self) && (termAt(log, index) === term || !variant.commitsOwnTermOnly)) return applyUpTo(self, state, index, out);
    }
    return state;
  };

  const applyUpTo = (self: ActorContext, state: RaftState, commitIndex: number, out: RaftOut): RaftState => {
    let after = state;
    for (const { request } of state.log.slice(state.commitIndex, commitIndex)) {
      const [result] = variant.machine.apply(after.applied, request.call);
      after = { ...after, applied: result!.state };
      if (request.door === self.id) after = answer(after, { operation: request.operation, value: result!.ret }, out);
      else if (state.role.name === "leader") out.send(request.door, { type: "answer", operation: request.operation, value: result!.ret });
    }
    return commitIndex > state.commitIndex ? { ...after, commitIndex } : state;
  };

  // ---------------------------------------------------------------- clients (§8)

  /** Appends at the leader, passes on to a leader that is known, or keeps. */
  const submit = (self: ActorContext, state: RaftState, request: Request, out: RaftOut): RaftState => {
    if (state.role.name === "leader") return append(self, state, [request], out);
    return passOn({ ...state, queued: [...state.queued, request] }, out);
  };

  const passOn = (state: RaftState, out: RaftOut): RaftState => {
    const leader = state.role.name === "follower" ? state.role.leader : null;
    if (leader === null || state.queued.length === 0) return state;
    for (const request of state.queued) out.send(leader, { type: "ask", request });
    return { ...state, queued: [] };
  };

  const answer = (state: RaftState, { operation, value }: { readonly operation: OperationId; readonly value: Json }, out: RaftOut): RaftState => {
    if (!state.asked.includes(operation)) return state;
    out.reply(operation, value);
    return { ...state, asked: state.asked.filter((asked) => asked !== operation) };
  };

  return {
    kind: variant.kind,

    start(self, durable, out) {
      const known: RaftBeginning = durable ?? variant.begin[self.id] ?? { term: 0, votedFor: null, log: [] };
      const state: RaftState = { role: { name: "follower", leader: null }, commitIndex: 0, applied: variant.machine.initial, queued: [], asked: [], ...known };
      // A restart finds what is on disk, and no office.
      if (durable === null && known.role !== undefined) remember(state, out);
      if (state.role.name === "leader") beat(out);
      else awaitLeader(out);
      return state;
    },

    onClient(self, state, operation, call, out) {
      const request: Request = { operation, door: self.id, call: { f: call.f, value: call.value } };
      // A call that the machine does not have is refused here, and never in the log.
      const [current] = variant.machine.apply(state.applied, call);
      if (!variant.logsReads && call.f === "read" && state.role.name === "leader") {
        out.reply(operation, current!.ret);
        return state;
      }
      return submit(self, { ...state, asked: [...state.asked, operation] }, request, out);
    },

    onTimer(self, state, timer, out) {
      if (timer === "election") return stand(self, state, out);
      if (state.role.name !== "leader") return state;
      for (const peer of self.peers) replicate(state, peer, out);
      beat(out);
      return state;
    },

    onMessage(self, before, from, message, out) {
      if (message.type === "ask") return submit(self, before, message.request, out);
      if (message.type === "answer") return answer(before, message, out);
      const state = meetTerm(before, message.term, out);
      const { term, role } = state;
      switch (message.type) {
        case "requestVote": {
          const granted = message.term === term && (state.votedFor ?? from) === from && isUpToDate(message, state.log);
          const after = granted && state.votedFor === null ? remember({ ...state, votedFor: from }, out) : state;
          if (granted) awaitLeader(out);
          out.send(from, { type: "vote", term, granted });
          return after;
        }
        case "vote": {
          if (role.name !== "candidate" || message.term !== term || !message.granted || role.votes.includes(from)) return state;
          return lead(self, { ...state, role: { ...role, votes: [...role.votes, from].sort((a, b) => a - b) } }, out);
        }
        case "append": {
          const { prevLogIndex, entries } = message;
          if (message.term < term) {
            out.send(from, { type: "appended", term, success: false, matchIndex: 0 });
            return state;
          }
          awaitLeader(out);
          const following = passOn({ ...state, role: { name: "follower", leader: from } }, out);
          if (termAt(state.log, prevLogIndex) !== message.prevLogTerm) {
            out.send(from, { type: "appended", term, success: false, matchIndex: 0 });
            return following;
          }
          const log = variant.keepsMatching ? withEntries(state.log, prevLogIndex, entries) : [...state.log.slice(0, prevLogIndex), ...entries];
          const held = log === state.log ? following : remember({ ...following, log }, out);
          const matchIndex = prevLogIndex + entries.length;
          out.send(from, { type: "appended", term, success: true, matchIndex });
          return applyUpTo(self, held, Math.max(held.commitIndex, Math.min(message.leaderCommit, matchIndex)), out);
        }
        case "appended": {
          if (role.name !== "leader" || message.term !== term) return state;
          const next = progressed(role, from, message);
          const after: RaftState = { ...state, role: next };
          if (!message.success) replicate(after, from, out);
          return commit(self, after, out);
        }
      }
    },
  };
}

/** What the leader knows of a follower after its answer; after a refusal it looks one entry further back. */
function progressed(role: Role & { name: "leader" }, follower: ActorId, answer: { readonly success: boolean; readonly matchIndex: number }): Role {
  const matchIndex = role.matchIndex.map((index, id) => (id === follower ? Math.max(index, answer.matchIndex) : index));
  const nextIndex = role.nextIndex.map((index, id) => {
    if (id !== follower) return index;
    return answer.success ? Math.max(index, answer.matchIndex + 1) : Math.max(index - 1, 1);
  });
  return { name: "leader", nextIndex, matchIndex };
}

export function majority(self: ActorContext): number {
  return Math.floor(self.servers / 2) + 1;
}
