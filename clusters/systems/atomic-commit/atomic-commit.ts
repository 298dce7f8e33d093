import type { Actor, ActorContext, ActorId, OperationId, Out } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import { unknownCall } from "../bounds.ts";

/**
 * Two-phase commit: Gray, "Notes on data base operating systems" (1978). One transaction; n1 coordinates and takes part,
 * the other servers take part. Everybody may refuse, and all must come to the same end:
 *
 *     client → n1   finish
 *     n1 → all      vote?                       ┐ phase 1: a participant that says yes has saved that,
 *     all → n1      yes | no                    ┘ and has given up the right to decide by itself
 *     n1 → all      commit | abort              ┐ phase 2: commit if all said yes; n1 saves the decision
 *     n1 → client   commit | abort              ┘ before it tells anybody
 *
 * A participant that said yes can only wait: when a timer fires it asks n1 again. A coordinator that remembers nothing of
 * the transaction aborts it (presumed abort), and so does one whose timer fires before all votes are in.
 *
 * Choices of ours: whether a participant agrees is a random choice, so the explorer tries both; any server may be asked
 * to finish, and passes that on; the property is about the participants and not only about what clients hear: no two of
 * them decide differently, in any state.
 */
export interface AtomicCommitVariant {
  readonly kind: string;
  /** A participant that said yes and hears nothing commits by itself: the bug of `atomic-commit-impatient`. */
  readonly commitsOnTimeout: boolean;
  /** How long coordinator and participants wait, ms: [least, most]. */
  readonly waitMs: readonly [number, number];
}

export type Decision = "commit" | "abort";
type Vote = "yes" | "no";
/** What a server never forgets. */
type AtomicCommitDurable = { readonly vote: Vote | null; readonly decision: Decision | null };
type AtomicCommitState = AtomicCommitDurable & {
  /** As coordinator: the transaction was begun. */
  readonly begun: boolean;
  /** As coordinator: who said yes, ascending. */
  readonly agreed: readonly ActorId[];
  /** As coordinator: who wants to know the end, with the server that was asked. */
  readonly waiting: readonly (readonly [OperationId, ActorId])[];
};
type AtomicCommitMessage =
  | { readonly type: "finish"; readonly operation: OperationId }
  | { readonly type: "finished"; readonly operation: OperationId; readonly decision: Decision }
  | { readonly type: "prepare" }
  | { readonly type: "vote"; readonly vote: Vote }
  | { readonly type: "inquire" }
  | { readonly type: "decide"; readonly decision: Decision };
type AtomicCommitOut = Out<AtomicCommitMessage, "wait", Vote, AtomicCommitDurable>;

const coordinator: ActorId = 0;

/** One server; `variant` chooses the correct system or the twin. */
export function atomicCommitActor(variant: AtomicCommitVariant): Actor<AtomicCommitState, AtomicCommitMessage, "wait", Vote, AtomicCommitDurable> {
  const begin = (self: ActorContext, state: AtomicCommitState, out: AtomicCommitOut): AtomicCommitState => {
    if (state.begun || state.decision !== null) return state;
    for (const peer of self.peers) out.send(peer, { type: "prepare" });
    out.choose("vote", ["yes", "no"]);
    out.setTimer("wait", variant.waitMs);
    return { ...state, begun: true };
  };

  const count = (self: ActorContext, state: AtomicCommitState, vote: { readonly of: ActorId; readonly vote: Vote }, out: AtomicCommitOut): AtomicCommitState => {
    if (state.decision !== null || state.agreed.includes(vote.of)) return state;
    if (vote.vote === "no") return decide(self, state, "abort", out);
    const agreed = [...state.agreed, vote.of].sort((a, b) => a - b);
    return agreed.length < self.servers ? { ...state, agreed } : decide(self, { ...state, agreed }, "commit", out);
  };

  const decide = (self: ActorContext, state: AtomicCommitState, decision: Decision, out: AtomicCommitOut): AtomicCommitState => {
    if (state.decision !== null) return state;
    out.cancelTimer("wait");
    out.save({ vote: state.vote, decision });
    if (self.id === coordinator) for (const peer of self.peers) out.send(peer, { type: "decide", decision });
    for (const [operation, door] of state.waiting) tell(self, door, { operation, decision }, out);
    return { ...state, decision, waiting: [] };
  };

  /** A client wants to know the end. */
  const asked = (self: ActorContext, state: AtomicCommitState, from: { readonly operation: OperationId; readonly door: ActorId }, out: AtomicCommitOut): AtomicCommitState => {
    if (state.decision === null) return begin(self, { ...state, waiting: [...state.waiting, [from.operation, from.door]] }, out);
    tell(self, from.door, { operation: from.operation, decision: state.decision }, out);
    return state;
  };

  return {
    kind: variant.kind,

    start(self, durable, out) {
      const kept = durable ?? { vote: null, decision: null };
      // It said yes before it crashed: it must find out what became of that.
      if (self.id !== coordinator && kept.vote === "yes" && kept.decision === null) out.setTimer("wait", variant.waitMs);
      return { ...kept, begun: false, agreed: [], waiting: [] };
    },

    onClient(self, state, operation, call, out) {
      if (call.f !== "finish") throw unknownCall(call, "finish");
      if (self.id === coordinator) return asked(self, state, { operation, door: self.id }, out);
      out.send(coordinator, { type: "finish", operation });
      return state;
    },

    onMessage(self, state, from, message, out) {
      switch (message.type) {
        case "finish":
          return asked(self, state, { operation: message.operation, door: from }, out);
        case "finished":
          out.reply(message.operation, message.decision);
          return state;
        case "prepare":
          if (state.decision !== null || state.begun) return state;
          if (state.vote === null) out.choose("vote", ["yes", "no"]);
          else out.send(from, { type: "vote", vote: state.vote });
          return { ...state, begun: true };
        case "vote":
          return count(self, state, { of: from, vote: message.vote }, out);
        case "inquire": {
          const decided = state.begun ? state : decide(self, state, "abort", out);
          if (decided.decision !== null) out.send(from, { type: "decide", decision: decided.decision });
          return decided;
        }
        case "decide":
          return decide(self, state, message.decision, out);
      }
    },

    onChoice(self, state, _key, vote, out) {
      if (state.decision !== null) return state;
      const voted: AtomicCommitState = { ...state, vote };
      out.save({ vote, decision: null });
      if (self.id === coordinator) return count(self, voted, { of: self.id, vote }, out);
      out.send(coordinator, { type: "vote", vote });
      if (vote === "no") return decide(self, voted, "abort", out);
      out.setTimer("wait", variant.waitMs);
      return voted;
    },

    onTimer(self, state, _timer, out) {
      if (state.decision !== null) return state;
      if (self.id === coordinator) return decide(self, state, "abort", out);
      if (variant.commitsOnTimeout) return decide(self, state, "commit", out);
      out.send(coordinator, { type: "inquire" });
      out.setTimer("wait", variant.waitMs);
      return state;
    },
  };
}

function tell(self: ActorContext, door: ActorId, end: { readonly operation: OperationId; readonly decision: Decision }, out: AtomicCommitOut): void {
  if (door === self.id) out.reply(end.operation, end.decision);
  else out.send(door, { type: "finished", ...end });
}

/** What a server has decided; undefined while it has not, or is down. */
export function decisionOf(state: Json): Json | undefined {
  if (state === null || typeof state !== "object" || !("decision" in state)) return undefined;
  return state.decision ?? undefined;
}
