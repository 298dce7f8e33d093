import type { Actor, ActorContext, ActorId, OperationId, Out } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import type { Call } from "../../../harness/op.ts";
import { unknownCall } from "../bounds.ts";

/**
 * Agreement on one value: Lamport, "The part-time parliament" (TOCS 1998) and "Paxos made simple" (2001). Every server
 * is proposer, acceptor and learner. A proposer that was asked for a value goes two rounds with a majority:
 *
 *     n1 → all   prepare (1,n1)         "promise to take nothing older"       ┐ learn what may be decided already,
 *     all → n1   promise  last accepted                                       ┘ and adopt the newest of it
 *     n1 → all   accept (1,n1) v        "take it, unless you promised more"   ┐ v is decided as soon as a
 *     all → n1   accepted                                                     ┘ majority has taken it
 *     n1 → all   decided v
 *
 * It is safe because any two majorities meet: if something may have been decided under an older ballot, one of the
 * promises shows it, and the proposer goes on with that value instead of its own.
 *
 * Choices of ours: promises and accepted values are on disk before they are told (that is what the majorities count
 * on); a ballot is refused by silence, and its proposer tries a greater one when a timer fires, so that two proposers
 * who disturb each other part at random; a message that repeats does no harm. The proposer's own acceptor is not asked
by messages, so its promises have to be looked at where answers arrive: the explorer found the version that forgot it.
 */
export interface PaxosVariant {
  readonly kind: string;
  /** The newest accepted value among the promises is proposed; without it: the bug of `paxos-no-adoption`. */
  readonly adopts: boolean;
  /** A proposer that has promised a greater ballot gives its own up; without it: the bug of `paxos-own-promise`. */
  readonly keepsOwnPromise: boolean;
  /** Promises and accepted values are saved; without it: the bug of `paxos-amnesia`. */
  readonly saves: boolean;
  /** How long a proposer waits before a greater ballot, ms: [least, most]. */
  readonly retryMs: readonly [number, number];
}

type Ballot = readonly [round: number, proposer: ActorId];
type Accepted = { readonly ballot: Ballot; readonly value: Json };
type PaxosDurable = { readonly promised: Ballot; readonly accepted: Accepted | null };
type PaxosState = PaxosDurable & {
  readonly decided: { readonly value: Json } | null;
  /** Clients' operations that wait for the decision, oldest first. */
  readonly waiting: readonly OperationId[];
  readonly proposal: Proposal | null;
};
type Proposal = {
  readonly ballot: Ballot;
  /** What the first waiting client wants, until something older is adopted. */
  readonly value: Json;
  readonly phase: "prepare" | "accept";
  /** Servers that answered in this phase, ascending, itself among them. */
  readonly heard: readonly ActorId[];
  /** The newest accepted value among the promises. */
  readonly newest: Accepted | null;
};
type PaxosMessage =
  | { readonly type: "prepare"; readonly ballot: Ballot }
  | { readonly type: "promise"; readonly ballot: Ballot; readonly accepted: Accepted | null }
  | { readonly type: "accept"; readonly ballot: Ballot; readonly value: Json }
  | { readonly type: "accepted"; readonly ballot: Ballot }
  | { readonly type: "decided"; readonly value: Json };
type PaxosOut = Out<PaxosMessage, "retry", never, PaxosDurable>;

/** One server; `variant` chooses the correct system or a twin. */
export function paxosActor(variant: PaxosVariant): Actor<PaxosState, PaxosMessage, "retry", never, PaxosDurable> {
  const remember = (state: PaxosState, durable: PaxosDurable, out: PaxosOut): PaxosState => {
    if (variant.saves) out.save(durable);
    return { ...state, ...durable };
  };

  const prepare = (self: ActorContext, state: PaxosState, value: Json, out: PaxosOut): PaxosState => {
    const ballot: Ballot = [state.promised[0] + 1, self.id];
    const promised = remember(state, { promised: ballot, accepted: state.accepted }, out);
    for (const peer of self.peers) out.send(peer, { type: "prepare", ballot });
    out.setTimer("retry", variant.retryMs);
    return progress(self, { ...promised, proposal: { ballot, value, phase: "prepare", heard: [self.id], newest: state.accepted } }, out);
  };

  /** Moves on when a majority has been heard; a single server is its own majority. */
  const progress = (self: ActorContext, state: PaxosState, out: PaxosOut): PaxosState => {
    const { proposal } = state;
    if (proposal === null || proposal.heard.length < Math.floor(self.servers / 2) + 1) return state;
    if (proposal.phase === "accept") return announce(self, state, proposal.value, out);
    const { ballot, newest } = proposal;
    const value = newest !== null && variant.adopts ? newest.value : proposal.value;
    const accepted = remember(state, { promised: ballot, accepted: { ballot, value } }, out);
    for (const peer of self.peers) out.send(peer, { type: "accept", ballot, value });
    return progress(self, { ...accepted, proposal: { ...proposal, value, phase: "accept", heard: [self.id] } }, out);
  };

  const announce = (self: ActorContext, state: PaxosState, value: Json, out: PaxosOut): PaxosState => {
    for (const peer of self.peers) out.send(peer, { type: "decided", value });
    return learn(state, value, out);
  };

  const learn = (state: PaxosState, value: Json, out: PaxosOut): PaxosState => {
    out.cancelTimer("retry");
    for (const operation of state.waiting) out.reply(operation, value);
    return { ...state, decided: { value }, waiting: [], proposal: null };
  };

  /** An answer of this phase to this ballot, from somebody who was not heard yet; the proposer itself is an acceptor, bound by its promises. */
  const hears = (state: PaxosState, phase: Proposal["phase"], answer: { readonly ballot: Ballot; readonly from: ActorId }): Proposal | undefined => {
    const { proposal } = state;
    if (variant.keepsOwnPromise && compareBallots(answer.ballot, state.promised) !== 0) return undefined;
    if (proposal?.phase !== phase || compareBallots(proposal.ballot, answer.ballot) !== 0 || proposal.heard.includes(answer.from)) return undefined;
    return { ...proposal, heard: [...proposal.heard, answer.from].sort((a, b) => a - b) };
  };

  return {
    kind: variant.kind,

    start: (_self, durable) => ({ promised: durable?.promised ?? [0, 0], accepted: durable?.accepted ?? null, decided: null, waiting: [], proposal: null }),

    onClient(self, state, operation, call, out) {
      const value = proposedBy(call);
      if (state.decided !== null) {
        out.reply(operation, state.decided.value);
        return state;
      }
      const waiting = { ...state, waiting: [...state.waiting, operation] };
      return state.proposal === null ? prepare(self, waiting, value, out) : waiting;
    },

    onMessage(self, state, from, message, out) {
      switch (message.type) {
        case "prepare": {
          if (compareBallots(message.ballot, state.promised) <= 0) return state;
          const promised = remember(state, { promised: message.ballot, accepted: state.accepted }, out);
          out.send(from, { type: "promise", ballot: message.ballot, accepted: state.accepted });
          return promised;
        }
        case "promise": {
          const proposal = hears(state, "prepare", { ballot: message.ballot, from });
          if (proposal === undefined) return state;
          return progress(self, { ...state, proposal: { ...proposal, newest: newer(proposal.newest, message.accepted) } }, out);
        }
        case "accept": {
          const { ballot, value } = message;
          if (compareBallots(ballot, state.promised) < 0) return state;
          const accepted = remember(state, { promised: ballot, accepted: { ballot, value } }, out);
          out.send(from, { type: "accepted", ballot });
          return accepted;
        }
        case "accepted": {
          const proposal = hears(state, "accept", { ballot: message.ballot, from });
          return proposal === undefined ? state : progress(self, { ...state, proposal }, out);
        }
        case "decided":
          return state.decided === null ? learn(state, message.value, out) : state;
      }
    },

    onTimer: (self, state, _timer, out) => (state.proposal === null ? state : prepare(self, state, state.proposal.value, out)),
  };
}

function proposedBy(call: Call): Json {
  if (call.f === "propose") return call.value;
  throw unknownCall(call, "propose");
}

function newer(a: Accepted | null, b: Accepted | null): Accepted | null {
  if (a === null || b === null) return a ?? b;
  return compareBallots(a.ballot, b.ballot) >= 0 ? a : b;
}

function compareBallots(a: Ballot, b: Ballot): number {
  return a[0] - b[0] || a[1] - b[1];
}
