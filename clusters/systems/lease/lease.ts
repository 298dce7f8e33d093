import type { Actor, ActorId, OperationId } from "../../../harness/actor.ts";
import { nodeNames } from "../../../harness/ids.ts";
import { unknownCall } from "../bounds.ts";

/**
 * A lock by lease: Gray and Cheriton, "Leases: an efficient fault-tolerant mechanism for distributed file cache
 * consistency" (SOSP 1989). n1 grants; whoever holds must not be told to stop, its time runs out:
 *
 *     n2   ask ──┐◀──────── mine: counted from the asking ───────▶│ stops
 *     n1         └▶ grant │◀──────────── theirs: the lease ─────────────▶│ free again
 *
 * Each side counts on its own clock. The holder has to be done before the grantor thinks so, for the slowest clock of
 * the one and the fastest of the other, so with rates within 1 ± drift
 *
 *     mine / (1 - drift)  <  theirs / (1 + drift)
 *
 * and no message needs to arrive in time for that. The holder counts from its asking, since it cannot know when it was
 * granted. The lease is held to its end; nobody gives it back.
 */
export interface LeaseVariant {
  readonly kind: string;
  /** How long the grantor holds to a grant, ms on its clock. */
  readonly theirsMs: number;
  /** How long after asking the holder stops, ms on its clock. */
  readonly mineMs: number;
}

type LeaseState = {
  /** As grantor: who has the lease. */
  readonly grantedTo: ActorId | null;
  /** Asked, and time is not up: an answer counts. */
  readonly asking: OperationId | null;
  readonly holding: boolean;
};
type LeaseMessage = { readonly type: "ask"; readonly operation: OperationId } | { readonly type: "grant" | "refuse"; readonly operation: OperationId };
type LeaseTimer = "mine" | "theirs";

/** One server; n1 is the grantor. `acquire` → its name if it holds the lease now, else null; `held` → the same, of a lease that it took before. */
export function leaseActor(variant: LeaseVariant): Actor<LeaseState, LeaseMessage, LeaseTimer> {
  return {
    kind: variant.kind,

    start: () => ({ grantedTo: null, asking: null, holding: false }),

    onClient(self, state, operation, call, out) {
      if (call.f === "held") {
        out.reply(operation, state.holding ? nameOf(self.id) : null);
        return state;
      }
      if (call.f !== "acquire") throw unknownCall(call, "acquire, held");
      if (self.id === grantor || state.asking !== null || state.holding) {
        out.reply(operation, null);
        return state;
      }
      out.setTimer("mine", [variant.mineMs, variant.mineMs]);
      out.send(grantor, { type: "ask", operation });
      return { ...state, asking: operation };
    },

    onMessage(self, state, from, message, out) {
      if (message.type === "ask") {
        out.send(from, { type: state.grantedTo === null ? "grant" : "refuse", operation: message.operation });
        if (state.grantedTo !== null) return state;
        out.setTimer("theirs", [variant.theirsMs, variant.theirsMs]);
        return { ...state, grantedTo: from };
      }
      // Too late: its time is already up.
      if (state.asking !== message.operation) return state;
      const holding = message.type === "grant";
      if (!holding) out.cancelTimer("mine");
      out.reply(message.operation, holding ? nameOf(self.id) : null);
      return { ...state, asking: null, holding };
    },

    onTimer(_self, state, timer, out) {
      if (timer === "theirs") return { ...state, grantedTo: null };
      if (state.asking !== null) out.reply(state.asking, null);
      return { ...state, asking: null, holding: false };
    },
  };
}

const grantor: ActorId = 0;

function nameOf(server: ActorId): string {
  return nodeNames(server + 1)[server]!;
}
