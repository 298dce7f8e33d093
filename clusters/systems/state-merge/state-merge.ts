import type { Actor, ActorContext, OperationId, Out } from "../../../harness/actor.ts";
import { canonicalJson, type Json } from "../../../harness/json.ts";
import { sorted } from "../../../harness/objects/siblings.ts";
import { hash32 } from "../../../harness/random.ts";
import { unknownCall } from "../bounds.ts";

/**
 * State synchronisation with many authors: every replica writes, nobody asks first, so states diverge and are merged. A
 * replica knows how many writes of each author it has (its version vector, after Parker and others, "Detection of mutual
 * inconsistency in distributed systems", 1983), and each value carries the write that made it (a dot; Preguiça, Baquero
 * and others, "Dotted version vectors", 2010):
 *
 *     n1  write a      seen [1,0]  {a: n1#1}        ── letter ──▶   n2  write b   seen [0,1]  {b: n2#1}
 *                                                                  n2 merges:    seen [1,1]  {a, b}: siblings
 *     n2  write c      seen [1,2]  {c: n2#2}        has seen both, so it replaces both
 *
 * A letter is a difference: one write, with what its author had seen, and so what it replaces. It is applied by a replica
 * that has seen all that; another one has missed something (a gap) and asks for the whole state. Whole states merge by
 * dots: a value that one side lacks, though it has seen the write, was replaced there. Merging is idempotent, commutative
 * and associative. States are named by a hash, told to everybody now and then: equal hashes, nothing to do.
 */
export interface StateMergeVariant {
  readonly kind: string;
  /** A twin's bug. `last-arrival`: a letter replaces everything; `own-numbers`: a gap is looked for in its author's numbers only. */
  readonly flaw?: "last-arrival" | "own-numbers";
  /** How long between two announcements, ms: [least, most]. */
  readonly announceMs: readonly [number, number];
}

/** A value and the write that made it: the `n`-th (from 1) of replica `author`. */
type Sibling = { readonly author: number; readonly n: number; readonly value: Json };
/** `seen[i]`: so many writes of replica i are in it. */
type Merged = { readonly seen: readonly number[]; readonly siblings: readonly Sibling[] };
/** `done`: writes that were asked for here, so that a request that is repeated changes nothing. */
export type StateMergeState = Merged & { readonly done: readonly OperationId[] };
type StateMergeMessage =
  | { readonly type: "letter"; readonly sibling: Sibling; readonly after: readonly number[] }
  | { readonly type: "announce"; readonly name: string }
  | { readonly type: "ask" }
  | { readonly type: "state"; readonly merged: Merged };
type StateMergeOut = Out<StateMergeMessage, "announce", never, StateMergeState>;

/** One replica. */
export function stateMergeActor(variant: StateMergeVariant): Actor<StateMergeState, StateMergeMessage, "announce", never, StateMergeState> {
  const write = (self: ActorContext, state: StateMergeState, about: { readonly operation: OperationId; readonly value: Json }, out: StateMergeOut): StateMergeState => {
    if (state.done.includes(about.operation)) return state;
    const sibling = { author: self.id, n: state.seen[self.id]! + 1, value: about.value };
    const after = { seen: counted(state.seen, sibling), siblings: [sibling], done: [...state.done, about.operation] };
    out.save(after);
    for (const peer of self.peers) out.send(peer, { type: "letter", sibling, after: state.seen });
    out.setTimer("announce", variant.announceMs);
    return after;
  };

  const become = (state: StateMergeState, merged: Merged, out: StateMergeOut): StateMergeState => {
    if (nameOf(merged) === nameOf(state)) return state;
    const after = { ...merged, done: state.done };
    out.save(after);
    return after;
  };

  /** The letter's write is the next of its author here, and what it stands on has been seen. */
  const fits = (seen: readonly number[], sibling: Sibling, after: readonly number[]): boolean => {
    if (variant.flaw === "last-arrival") return true;
    const next = seen[sibling.author] === sibling.n - 1;
    return next && (variant.flaw === "own-numbers" || after.every((count, author) => count <= seen[author]!));
  };

  return {
    kind: variant.kind,

    start(self, durable, out) {
      if (durable !== null) out.setTimer("announce", variant.announceMs);
      return durable ?? { seen: Array.from({ length: self.servers }, () => 0), siblings: [], done: [] };
    },

    onClient(self, state, operation, call, out) {
      if (call.f === "read") {
        out.reply(operation, sorted(state.siblings.map(({ value }) => value)));
        return state;
      }
      if (call.f !== "write") throw unknownCall(call, "write, read");
      const after = write(self, state, { operation, value: call.value }, out);
      out.reply(operation, null);
      return after;
    },

    onMessage(_self, state, from, message, out) {
      switch (message.type) {
        case "letter": {
          const { sibling, after } = message;
          if (sibling.n <= state.seen[sibling.author]!) return state;
          if (!fits(state.seen, sibling, after)) {
            out.send(from, { type: "ask" });
            return state;
          }
          const unseen = state.siblings.filter(({ author, n }) => variant.flaw !== "last-arrival" && n > after[author]!);
          return become(state, { seen: counted(state.seen, sibling), siblings: inOrder([...unseen, sibling]) }, out);
        }
        case "announce":
          if (message.name !== nameOf(state)) out.send(from, { type: "ask" });
          return state;
        case "ask":
          out.send(from, { type: "state", merged: { seen: state.seen, siblings: state.siblings } });
          return state;
        case "state":
          return become(state, merge(state, message.merged), out);
      }
    },

    onTimer(self, state, _timer, out) {
      out.setTimer("announce", variant.announceMs);
      for (const peer of self.peers) out.send(peer, { type: "announce", name: nameOf(state) });
      return state;
    },
  };
}

/** What both know: a value stays if both have it, or if the side that lacks it has not seen its write. */
function merge(a: Merged, b: Merged): Merged {
  const stays = (sibling: Sibling, other: Merged): boolean => sibling.n > other.seen[sibling.author]! || other.siblings.some(({ author, n }) => author === sibling.author && n === sibling.n);
  const fromA = a.siblings.filter((sibling) => stays(sibling, b));
  const fromB = b.siblings.filter((sibling) => sibling.n > a.seen[sibling.author]!);
  return { seen: a.seen.map((count, author) => Math.max(count, b.seen[author]!)), siblings: inOrder([...fromA, ...fromB]) };
}

function counted(seen: readonly number[], { author, n }: Sibling): readonly number[] {
  return seen.map((count, id) => (id === author ? n : count));
}

function inOrder(siblings: readonly Sibling[]): readonly Sibling[] {
  return [...siblings].sort((a, b) => a.author - b.author || a.n - b.n);
}

/** 64 bits over everything that a merge looks at. */
function nameOf({ seen, siblings }: Merged): string {
  const text = canonicalJson([seen, siblings]);
  return [1, 2].map((salt) => hash32(text, salt).toString(16).padStart(8, "0")).join("");
}

/** What a replica has seen and holds, as texts; undefined while it is down. */
export function mergedBy(state: Json): { readonly seen: string; readonly holds: string } | undefined {
  if (state === null) return undefined;
  // A server's state is what this actor made; properties get it as plain JSON.
  const { seen, siblings } = state as unknown as StateMergeState;
  return { seen: seen.join(), holds: canonicalJson(siblings) };
}
