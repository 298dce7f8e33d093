import type { Actor, ActorContext, ActorId, OperationId, Out } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import { registerWrite } from "../bounds.ts";

/**
 * A register with a primary and backups: Alsberg and Day, "A principle for resilient sharing of distributed resources"
 * (ICSE 1976). The primary orders all operations, and answers one only when every backup holds its result. So whoever
 * takes over has everything that a client was ever told of.
 *
 *     client ── write 7 ──▶ n1 ── keep (view 0, 4) 7 ──▶ n2, n3
 *     client ◀──── ok ───── n1 ◀────── kept ──────────── both
 *
 *     client ── read ─────▶ n2 ── ask ──▶ n1 ✗    no answer in time: n2 makes itself the primary of view 1,
 *                                                 and refuses what n1 still sends as the primary of view 0
 *
 * Failover needs no vote and no perfect failure detector. The view is the primary's number, a server only ever moves to
 * a greater one, and the primary of view i needs the consent of all servers behind it. So as soon as one of these has
 * taken over, no earlier primary can answer anybody, whether it is dead or only slow.
 *
 * Choices of ours: a read goes the same way as a write, since a primary cannot know by itself that it was replaced;
 * a backup suspects the primary only when a client's request that it passed on stays unanswered, so an idle system
 * sends nothing; an operation that was under way in a replaced view is never run again, because it may have taken
 * effect; every server saves what it holds before it says so.
 */
export interface PrimaryBackupVariant {
  readonly kind: string;
  /** The primary answers before the backups hold the result: the bug of `primary-backup-early-answer`. */
  readonly answersEarly: boolean;
  /** How long a backup waits for the primary's answer, ms: [least, most]. */
  readonly suspectMs: readonly [number, number];
}

/** Position of an operation: compares lexicographically. */
type Position = readonly [view: ActorId, number: number];
type Held = { readonly view: ActorId; readonly position: Position; readonly value: Json };
type PrimaryBackupState = Held & {
  /** As primary: operations that not all backups hold yet. */
  readonly pending: { readonly [operation: OperationId]: Pending };
  /** Passed on to the primary and not answered yet, oldest first. */
  readonly asked: readonly OperationId[];
};
type Pending = {
  /** The server that the client asked. */
  readonly door: ActorId;
  readonly answer: Json;
  /** Backups that hold it, ascending. */
  readonly kept: readonly ActorId[];
};
type PrimaryBackupMessage =
  | { readonly type: "ask"; readonly operation: OperationId; readonly write: { readonly value: Json } | null }
  | { readonly type: "answer"; readonly operation: OperationId; readonly value: Json }
  | { readonly type: "keep"; readonly operation: OperationId; readonly position: Position; readonly value: Json }
  | { readonly type: "kept"; readonly operation: OperationId; readonly view: ActorId }
  | { readonly type: "replaced"; readonly view: ActorId };
type PrimaryBackupOut = Out<PrimaryBackupMessage, "suspect", never, Held>;

/** One server; `variant` chooses the correct system or the twin. */
export function primaryBackupActor(variant: PrimaryBackupVariant): Actor<PrimaryBackupState, PrimaryBackupMessage, "suspect", never, Held> {
  const operate = (self: ActorContext, state: PrimaryBackupState, asked: Extract<PrimaryBackupMessage, { type: "ask" }> & { door: ActorId }, out: PrimaryBackupOut): PrimaryBackupState => {
    const { operation, write, door } = asked;
    const position: Position = [state.view, state.position[0] === state.view ? state.position[1] + 1 : 1];
    const held: Held = { view: state.view, position, value: write === null ? state.value : write.value };
    out.save(held);
    for (const backup of backups(self)) out.send(backup, { type: "keep", operation, position, value: held.value });
    const pending: Pending = { door, answer: write === null ? state.value : null, kept: [] };
    return finish(self, { ...state, ...held, pending: { ...state.pending, [operation]: pending } }, operation, out);
  };

  /** Answers when every backup holds the result. */
  const finish = (self: ActorContext, state: PrimaryBackupState, operation: OperationId, out: PrimaryBackupOut): PrimaryBackupState => {
    const { [operation]: mine, ...pending } = state.pending;
    if (mine === undefined || (mine.kept.length < backups(self).length && !variant.answersEarly)) return state;
    if (mine.door === self.id) out.reply(operation, mine.answer);
    else out.send(mine.door, { type: "answer", operation, value: mine.answer });
    return { ...state, pending };
  };

  return {
    kind: variant.kind,

    start: (_self, durable) => ({ ...(durable ?? { view: 0, position: [0, 0], value: null }), pending: {}, asked: [] }),

    onClient(self, state, operation, call, out) {
      const write = registerWrite(call);
      if (state.view === self.id) return operate(self, state, { type: "ask", operation, write, door: self.id }, out);
      out.send(state.view, { type: "ask", operation, write });
      // Only a server behind the primary may take its place; one before it can do nothing but wait.
      if (state.view < self.id) out.setTimer("suspect", variant.suspectMs);
      return { ...state, asked: [...state.asked, operation] };
    },

    onMessage(self, state, from, message, out) {
      switch (message.type) {
        case "ask":
          // Meant for the primary of another view: its fate is nobody's to decide here.
          return state.view === self.id ? operate(self, state, { ...message, door: from }, out) : state;
        case "answer": {
          if (!state.asked.includes(message.operation)) return state;
          const asked = state.asked.filter((operation) => operation !== message.operation);
          if (asked.length === 0) out.cancelTimer("suspect");
          out.reply(message.operation, message.value);
          return { ...state, asked };
        }
        case "keep": {
          const [view] = message.position;
          if (view < state.view) {
            out.send(from, { type: "replaced", view: state.view });
            return state;
          }
          const moved = movedTo(state, view, out);
          const held = isLater(message.position, moved.position) ? { view, position: message.position, value: message.value } : undefined;
          if (held !== undefined) out.save(held);
          out.send(from, { type: "kept", operation: message.operation, view });
          return { ...moved, ...held };
        }
        case "kept": {
          const mine = state.pending[message.operation];
          if (message.view !== state.view || mine === undefined || mine.kept.includes(from)) return state;
          const kept = [...mine.kept, from].sort((a, b) => a - b);
          return finish(self, { ...state, pending: { ...state.pending, [message.operation]: { ...mine, kept } } }, message.operation, out);
        }
        case "replaced":
          return message.view <= state.view ? state : movedTo(state, message.view, out);
      }
    },

    onTimer(self, state, _timer, out) {
      return state.view < self.id ? movedTo(state, self.id, out) : state;
    },
  };
}

/** In a later view nobody answers for an earlier one; what was under way there may or may not have taken effect. */
function movedTo(state: PrimaryBackupState, view: ActorId, out: PrimaryBackupOut): PrimaryBackupState {
  if (view === state.view) return state;
  out.cancelTimer("suspect");
  out.save({ view, position: state.position, value: state.value });
  return { ...state, view, pending: {}, asked: [] };
}

/** The servers whose consent the primary needs: all behind it. */
function backups(self: ActorContext): readonly ActorId[] {
  return self.peers.filter((peer) => peer > self.id);
}

function isLater(a: Position, b: Position): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
}
