import type { Actor, ActorContext, ActorId, OperationId, Out } from "../../../harness/actor.ts";
import { assert } from "../../../harness/assert.ts";
import type { Json } from "../../../harness/json.ts";
import { registerWrite } from "../bounds.ts";

/**
 * Chain replication: van Renesse and Schneider, "Chain replication for supporting high throughput and availability"
 * (OSDI 2004). Servers stand in a row. Writes enter at the head, which numbers them, and wander down; the tail answers
 * them, and it alone answers reads. What the tail holds, everybody before it holds too, so the tail is a single copy:
 *
 *     client ── write 7 ──▶ n1 ── (4) 7 ──▶ n2 ── (4) 7 ──▶ n3
 *                           head                            tail
 *     client ── read ───────────────────────────────────────▶ n3      any server passes requests on,
 *     client ◀──── ok, 7 ──── the server that was asked ◀──── n3      and the answer comes back through it
 *
 * Choices of ours: the paper's master, which takes dead servers out of the chain, is not here, so a dead server means
 * silence until it is back; it continues from what it saved before it passed anything on. An older write that arrives
 * after a newer one (after a loss, or where links keep no order) is passed on and answered, and stored nowhere: it took
 * effect, and was overwritten, just before the newer one.
 */
export interface ChainVariant {
  readonly kind: string;
  /** The server that is asked answers reads itself: the bug of `chain-read-anywhere`. */
  readonly readsAnywhere: boolean;
}

type ChainState = { readonly number: number; readonly value: Json };
type ChainMessage =
  | { readonly type: "write"; readonly operation: OperationId; readonly door: ActorId; readonly value: Json }
  | { readonly type: "read"; readonly operation: OperationId; readonly door: ActorId }
  | { readonly type: "pass"; readonly operation: OperationId; readonly door: ActorId; readonly number: number; readonly value: Json }
  | { readonly type: "answer"; readonly operation: OperationId; readonly value: Json };
type ChainOut = Out<ChainMessage, never, never, ChainState>;

const head: ActorId = 0;

/** One server; `variant` chooses the correct system or the twin. */
export function chainActor(variant: ChainVariant): Actor<ChainState, ChainMessage, never, never, ChainState> {
  /** A request or update at this server: to be handled here, or to be sent where it belongs. */
  const handle = (self: ActorContext, state: ChainState, message: ChainMessage, out: ChainOut): ChainState => {
    const tail = self.servers - 1;
    switch (message.type) {
      case "write": {
        if (self.id !== head) return sent(state, head, message, out);
        return handle(self, state, { ...message, type: "pass", number: state.number + 1 }, out);
      }
      case "read": {
        if (self.id !== tail && !variant.readsAnywhere) return sent(state, tail, message, out);
        return answered(self, state, { ...message, value: state.value }, out);
      }
      case "pass": {
        const { operation, door, number, value } = message;
        const after = number > state.number ? { number, value } : state;
        if (after !== state) out.save(after);
        return self.id === tail ? answered(self, after, { operation, door, value: null }, out) : sent(after, self.id + 1, message, out);
      }
      case "answer":
        out.reply(message.operation, message.value);
        return state;
    }
  };

  return {
    kind: variant.kind,
    start: (_self, durable) => durable ?? { number: 0, value: null },
    onClient(self, state, operation, call, out) {
      const write = registerWrite(call);
      return handle(self, state, write === null ? { type: "read", operation, door: self.id } : { type: "write", operation, door: self.id, value: write.value }, out);
    },
    onMessage(self, state, from, message, out) {
      assert(message.type !== "pass" || from === self.id - 1, "updates come from the predecessor only");
      return handle(self, state, message, out);
    },
  };
}

function sent(state: ChainState, to: ActorId, message: ChainMessage, out: ChainOut): ChainState {
  out.send(to, message);
  return state;
}

function answered(self: ActorContext, state: ChainState, to: { readonly operation: OperationId; readonly door: ActorId; readonly value: Json }, out: ChainOut): ChainState {
  if (to.door === self.id) out.reply(to.operation, to.value);
  else out.send(to.door, { type: "answer", operation: to.operation, value: to.value });
  return state;
}
