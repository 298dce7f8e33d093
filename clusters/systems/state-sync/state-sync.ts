import type { Actor, ActorContext, ActorId, OperationId, Out } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import { fieldChangeOf, type NumbersDocument, withAdded } from "../../../harness/objects/published-document.ts";
import { unknownCall } from "../bounds.ts";
import { applyBody, bodyOf, chainedHashes, contentHashes, type FieldChange, type Letter, type Name, type Naming, numbers, type SyncMessage } from "./letters.ts";

/**
 * State synchronisation: one author changes a document, copies follow by letters that may be lost, late, repeated and out
 * of order. Every web page that shows what a server knows is such a copy. Four choices make a strategy:
 *
 *     letters     functions (`add a 1`), differences (`set a 7`) or whole copies
 *     flow        push: the author writes when something changed, and now and then says where it is;
 *                 pull: a copy asks now and then
 *     catch-up    a copy that missed a letter gets the letters again (redelivery), or the current state
 *     names       states are named by numbers or by hashes
 *
 *     author   3 ──add a 1──▶ 4 ──add b 2──▶ 5
 *                 (lost)          ╲ on 4
 *     copy     3                   ▶ gap: ask {have: 3}  ──▶  author sends 3→4, 4→5 again, or state 5
 *
 * What makes it right: a function or difference is applied on its own state and nowhere else; a whole copy only if it is
 * newer; and an answer to a question only if the copy has not moved since. Numbers say which state is newer. Hashes do not,
 * so there every letter must stand on the copy's state, and whatever does not makes the copy ask.
 *
 * Choices of ours: a letter that comes too early is dropped, not kept; the author keeps the last `logMax` letters, and what
 * is older is caught up with by the current state; state is on disk before it shows.
 */
export interface Strategy {
  readonly letters: "functions" | "differences" | "copies";
  readonly flow: "push" | "pull";
  readonly catchUp: "redelivery" | "current-state";
  readonly names: "numbers" | "hashes";
}

/** Every strategy, once each: whole copies need no redelivery, so there the way of catching up makes no difference. */
export const strategies: readonly Strategy[] = (["functions", "differences", "copies"] as const).flatMap((letters) =>
  (["push", "pull"] as const).flatMap((flow) =>
    (letters === "copies" ? (["current-state"] as const) : (["redelivery", "current-state"] as const)).flatMap((catchUp) =>
      (["numbers", "hashes"] as const).map((names) => ({ letters, flow, catchUp, names })),
    ),
  ),
);

export interface StateSyncVariant extends Strategy {
  readonly kind: string;
  /** How long between two announcements or questions, ms: [least, most]. */
  readonly syncMs: readonly [number, number];
  /** So many letters are kept for redelivery. */
  readonly logMax: number;
  /** A twin's bug. `blind`: letters are not looked at before they are applied; `skips-gaps`: a difference is taken for a copy. */
  readonly flaw?: "blind" | "skips-gaps" | "any-copy" | "content-names";
}

type Kept = {
  readonly name: Name;
  readonly document: NumbersDocument;
  /** The author's last letters, oldest first; a copy has none. */
  readonly log: readonly Letter[];
  /** What the author was asked to add and did, so that a request that is repeated changes nothing. */
  readonly done: readonly OperationId[];
};
export type StateSyncState = Kept & {
  /** A copy has seen a gap here and asked; it does not ask again for every letter that follows, or questions would breed. */
  readonly asked: boolean;
};
type StateSyncOut = Out<SyncMessage, "sync", never, Kept>;

const author: ActorId = 0;

/** One server: n1 is the author, the others are copies. */
export function stateSyncActor(variant: StateSyncVariant): Actor<StateSyncState, SyncMessage, "sync", never, Kept> {
  const naming: Naming = variant.flaw === "content-names" ? contentHashes : variant.names === "numbers" ? numbers : chainedHashes;
  const ordered = variant.names === "numbers";

  const change = (self: ActorContext, before: StateSyncState, about: { readonly operation: OperationId; readonly wanted: FieldChange }, out: StateSyncOut): StateSyncState => {
    const { operation, wanted } = about;
    if (before.done.includes(operation)) return before;
    const document = withAdded(before.document, wanted.field, wanted.by);
    const name = naming.next(before, wanted, document);
    const letter: Letter = { type: "letter", on: before.name, name, body: bodyOf(variant.letters, wanted, document) };
    const after: Kept = { name, document, log: variant.logMax === 0 ? [] : [...before.log, letter].slice(-variant.logMax), done: [...before.done, operation] };
    out.save(after);
    if (variant.flow === "push") {
      for (const peer of self.peers) out.send(peer, letter);
      out.setTimer("sync", variant.syncMs);
    }
    return { ...after, asked: false };
  };

  /** The author answers a copy that is at `have`; one that has everything needs no answer. */
  const answer = (state: StateSyncState, about: { readonly to: ActorId; readonly have: Name }, out: StateSyncOut): void => {
    if (about.have === state.name) return;
    const from = state.log.findIndex(({ on }) => on === about.have);
    if (variant.letters === "copies" || variant.catchUp === "current-state" || from < 0) {
      out.send(about.to, { type: "state", asked: about.have, name: state.name, document: state.document });
    } else out.send(about.to, { type: "again", letters: state.log.slice(from) });
  };

  /** Whether a letter can be applied now, was known before, or shows that something is missing. */
  const judge = (state: StateSyncState, { on, name, body }: Letter): "next" | "known" | "gap" => {
    if (variant.flaw === "blind") return "next";
    if (name === state.name) return "known";
    if (variant.flaw === "any-copy") return "next";
    if (ordered && name < state.name) return "known";
    if (on === state.name) return "next";
    return ordered && ("whole" in body || variant.flaw === "skips-gaps") ? "next" : "gap";
  };

  const become = (state: StateSyncState, named: { readonly name: Name; readonly document: NumbersDocument }, out: StateSyncOut): StateSyncState => {
    const after: Kept = { name: named.name, document: named.document, log: state.log, done: state.done };
    out.save(after);
    return { ...after, asked: false };
  };

  /** Applies letters one after the other, as far as each is the next. */
  const read = (state: StateSyncState, letters: readonly Letter[], out: StateSyncOut): StateSyncState => {
    let reached = state;
    for (const letter of letters) {
      if (judge(reached, letter) === "next") reached = { ...reached, name: letter.name, document: applyBody(reached.document, letter.body) };
    }
    return reached === state ? state : become(state, reached, out);
  };

  const ask = (state: StateSyncState, out: StateSyncOut): StateSyncState => {
    out.send(author, { type: "ask", have: state.name });
    return state.asked ? state : { ...state, asked: true };
  };

  return {
    kind: variant.kind,

    start(self, durable, out) {
      // A copy asks from the beginning; an author that comes back tells where it is.
      if (self.id === author ? durable !== null && variant.flow === "push" : variant.flow === "pull") out.setTimer("sync", variant.syncMs);
      return { ...(durable ?? { name: naming.root, document: {}, log: [], done: [] }), asked: false };
    },

    onClient(self, state, operation, call, out) {
      if (call.f === "read") {
        out.reply(operation, state.document);
        return state;
      }
      if (call.f !== "add" || self.id !== author) throw unknownCall(call, self.id === author ? "add, read" : "read: only n1, the author, is asked to add");
      const after = change(self, state, { operation, wanted: fieldChangeOf(call) }, out);
      out.reply(operation, null);
      return after;
    },

    onMessage(_self, state, from, message, out) {
      switch (message.type) {
        case "ask":
          answer(state, { to: from, have: message.have }, out);
          return state;
        case "announce":
          return message.name === state.name || (ordered && message.name < state.name) ? state : ask(state, out);
        case "state": {
          const newer = ordered ? message.name > state.name : message.asked === state.name;
          return newer ? become(state, message, out) : state;
        }
        case "again":
          return read(state, message.letters, out);
        case "letter":
          return judge(state, message) === "gap" && !state.asked ? ask(state, out) : read(state, [message], out);
      }
    },

    onTimer(self, state, _timer, out) {
      out.setTimer("sync", variant.syncMs);
      if (self.id !== author) return ask(state, out);
      for (const peer of self.peers) out.send(peer, { type: "announce", name: state.name });
      return state;
    },
  };
}

/** What a server shows: its state's name and document; undefined while it is down. */
export function publishedBy(state: Json): { readonly name: Name; readonly document: NumbersDocument } | undefined {
  // A server's state is what this actor made; properties get it as plain JSON.
  return state === null ? undefined : (state as unknown as StateSyncState);
}
