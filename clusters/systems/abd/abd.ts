import type { Actor, ActorContext, ActorId, OperationId, Out } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import { registerWrite } from "../bounds.ts";

/**
 * A register that survives the loss of any minority: Attiya, Bar-Noy and Dolev, "Sharing memory robustly in
 * message-passing systems" (JACM 1995), with several writers as in Lynch and Shvartsman (FTCS 1997).
 *
 * Every replica holds `(sequence, value)`; sequences are pairs (number, replica) and compare lexicographically.
 * The replica that a client asks coordinates the operation in two phases, each of which waits for a majority:
 *
 *     client → n0   write 7
 *     n0 → all      query             "what is your sequence?"       ┐ phase 1: learn the newest
 *     all → n0      queried (3,n1) v                                 ┘
 *     n0 → all      store (4,n0) 7    "keep it if it is newer"       ┐ phase 2: make it a majority's
 *     all → n0      stored                                           ┘
 *     n0 → client   ok
 *
 * A read does the same and stores back what it found: without that, two reads could see the new value and then the
 * old one. What a replica answers it has saved first, so a restart forgets nothing that a quorum counted on.
 *
 * Choices of ours: any number of operations in flight, told apart by the client's operation id (never reused, so a late
 * answer to a former life of the coordinator can do no harm); a write takes a sequence above its own replica's current
 * one too, and saves it before it sends it, so two writes of one coordinator never share a sequence; a resend timer
 * per operation repeats the current phase to those that have not answered, which makes lost messages harmless.
 */
export interface AbdVariant {
  readonly kind: string;
  /** A read is answered at once from the local replica: the bug of `abd-fast-read`. */
  readonly readsLocally: boolean;
  /** What a replica answers is saved first; without it: the bug of `abd-amnesia`. */
  readonly saves: boolean;
  /** Resend interval, ms: [least, most]. */
  readonly resendMs: readonly [number, number];
}

type Sequence = readonly [number: number, replica: ActorId];
type AbdState = {
  readonly sequence: Sequence;
  readonly value: Json;
  readonly pending: { readonly [operation: OperationId]: Pending };
};
type Pending = Querying | Storing;
type Querying = {
  readonly phase: "query";
  readonly write: { readonly value: Json } | null;
  /** Replicas that have answered, ascending; the coordinator itself is one of them. */
  readonly heard: readonly ActorId[];
  readonly newest: { readonly sequence: Sequence; readonly value: Json };
};
type Storing = {
  readonly phase: "store";
  readonly reading: boolean;
  readonly heard: readonly ActorId[];
  readonly chosen: { readonly sequence: Sequence; readonly value: Json };
};
type AbdMessage =
  | { readonly type: "query"; readonly operation: OperationId }
  | { readonly type: "queried"; readonly operation: OperationId; readonly sequence: Sequence; readonly value: Json }
  | { readonly type: "store"; readonly operation: OperationId; readonly sequence: Sequence; readonly value: Json }
  | { readonly type: "stored"; readonly operation: OperationId };
type AbdTimer = OperationId;
type AbdDurable = { readonly sequence: Sequence; readonly value: Json };
type AbdOut = Out<AbdMessage, AbdTimer, never, AbdDurable>;

/** One replica; `variant` chooses the correct system or a twin. */
export function abdActor(variant: AbdVariant): Actor<AbdState, AbdMessage, AbdTimer, never, AbdDurable> {
  const keep = (state: AbdState, newer: { sequence: Sequence; value: Json }, out: AbdOut): AbdState => {
    if (!isNewer(newer.sequence, state.sequence)) return state;
    if (variant.saves) out.save({ sequence: newer.sequence, value: newer.value });
    return { ...state, sequence: newer.sequence, value: newer.value };
  };

  const store = (self: ActorContext, state: AbdState, operation: OperationId, query: Querying, out: AbdOut): AbdState => {
    const base = isNewer(state.sequence, query.newest.sequence) ? state.sequence : query.newest.sequence;
    const chosen = query.write === null ? query.newest : { sequence: [base[0] + 1, self.id] as const, value: query.write.value };
    const kept = keep(state, chosen, out);
    const storing: Storing = { phase: "store", reading: query.write === null, heard: [self.id], chosen };
    for (const peer of self.peers) out.send(peer, { type: "store", operation, ...chosen });
    return progress(self, withPending(kept, operation, storing), operation, out);
  };

  /** Moves on when a majority has been heard; a single replica is its own majority. */
  const progress = (self: ActorContext, state: AbdState, operation: OperationId, out: AbdOut): AbdState => {
    const pending = state.pending[operation];
    if (pending === undefined || pending.heard.length < majority(self.servers)) return state;
    if (pending.phase === "query") return store(self, state, operation, pending, out);
    out.cancelTimer(operation);
    out.reply(operation, pending.reading ? pending.chosen.value : null);
    return withoutPending(state, operation);
  };

  return {
    kind: variant.kind,

    start(self, durable) {
      return { sequence: durable?.sequence ?? [0, 0], value: durable?.value ?? null, pending: {} };
    },

    onClient(self, state, operation, call, out) {
      const write = registerWrite(call);
      if (write === null && variant.readsLocally) {
        out.reply(operation, state.value);
        return state;
      }
      const newest = { sequence: state.sequence, value: state.value };
      out.setTimer(operation, variant.resendMs);
      for (const peer of self.peers) out.send(peer, { type: "query", operation });
      return progress(self, withPending(state, operation, { phase: "query", write, heard: [self.id], newest }), operation, out);
    },

    onMessage(self, state, from, message, out) {
      switch (message.type) {
        case "query":
          out.send(from, { type: "queried", operation: message.operation, sequence: state.sequence, value: state.value });
          return state;
        case "store": {
          const kept = keep(state, message, out);
          out.send(from, { type: "stored", operation: message.operation });
          return kept;
        }
        case "queried": {
          const pending = state.pending[message.operation];
          if (pending?.phase !== "query" || pending.heard.includes(from)) return state;
          const newest = isNewer(message.sequence, pending.newest.sequence) ? { sequence: message.sequence, value: message.value } : pending.newest;
          return progress(self, withPending(state, message.operation, { ...pending, heard: added(pending.heard, from), newest }), message.operation, out);
        }
        case "stored": {
          const pending = state.pending[message.operation];
          if (pending?.phase !== "store" || pending.heard.includes(from)) return state;
          return progress(self, withPending(state, message.operation, { ...pending, heard: added(pending.heard, from) }), message.operation, out);
        }
      }
    },

    onTimer(self, state, operation, out) {
      const pending = state.pending[operation];
      if (pending === undefined) return state;
      for (const peer of self.peers) {
        if (pending.heard.includes(peer)) continue;
        out.send(peer, pending.phase === "query" ? { type: "query", operation } : { type: "store", operation, ...pending.chosen });
      }
      out.setTimer(operation, variant.resendMs);
      return state;
    },
  };
}

function majority(servers: number): number {
  return Math.floor(servers / 2) + 1;
}

function isNewer(a: Sequence, b: Sequence): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
}

function added(heard: readonly ActorId[], id: ActorId): readonly ActorId[] {
  return [...heard, id].sort((a, b) => a - b);
}

function withPending(state: AbdState, operation: OperationId, pending: Pending): AbdState {
  return { ...state, pending: { ...state.pending, [operation]: pending } };
}

function withoutPending(state: AbdState, operation: OperationId): AbdState {
  const { [operation]: _done, ...pending } = state.pending;
  return { ...state, pending };
}
