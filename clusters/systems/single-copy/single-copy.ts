import type { Actor, ActorId, OperationId } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import type { Call } from "../../../harness/op.ts";
import { registerWrite } from "../bounds.ts";

/**
 * The simplest register that is deployed on several servers: one of them, n1, holds the only copy; every other server
 * is a door to it.
 *
 *     client ── write 7 ──▶ n2 ── ask ──▶ n1   holds 7, on disk
 *     client ◀──── ok ───── n2 ◀─ answer ─┘
 *
 * One copy, changed by one message at a time, is linearizable by itself: an operation takes effect when n1 handles it.
 * What it lacks is availability: without n1 nobody is answered. A request is passed on at most once: repeating it could
 * write an old value over a newer one, so a lost one stays unanswered.
 *
 * The twin `single-copy-split` holds a copy on every server, and nobody tells the others.
 */
export interface SingleCopyVariant {
  readonly kind: string;
  /** Every server answers from a copy of its own: the bug of `single-copy-split`. */
  readonly everyServerHolds: boolean;
}

type SingleCopyState = { readonly value: Json };
type SingleCopyMessage =
  | { readonly type: "ask"; readonly operation: OperationId; readonly write: { readonly value: Json } | null }
  | { readonly type: "answer"; readonly operation: OperationId; readonly value: Json };

const holder: ActorId = 0;

/** One server; `variant` chooses the correct system or the twin. */
export function singleCopyActor(variant: SingleCopyVariant): Actor<SingleCopyState, SingleCopyMessage, never, never, SingleCopyState> {
  return {
    kind: variant.kind,

    start: (_self, durable) => durable ?? { value: null },

    onClient(self, state, operation, call: Call, out) {
      const write = registerWrite(call);
      if (self.id !== holder && !variant.everyServerHolds) {
        out.send(holder, { type: "ask", operation, write });
        return state;
      }
      const after = write ?? state;
      if (write !== null) out.save(after);
      out.reply(operation, write === null ? state.value : null);
      return after;
    },

    onMessage(_self, state, from, message, out) {
      if (message.type === "answer") {
        out.reply(message.operation, message.value);
        return state;
      }
      const after = message.write ?? state;
      if (message.write !== null) out.save(after);
      out.send(from, { type: "answer", operation: message.operation, value: message.write === null ? state.value : null });
      return after;
    },
  };
}
