import type { ActorContext, ActorId } from "../../../harness/actor.ts";
import { canonicalJson, equalJson, type Json } from "../../../harness/json.ts";
import { unknownCall } from "../bounds.ts";
import type { ReplicatedType } from "../state-based.ts";

/**
 * A set without coordination in which an addition wins over a removal that has not seen it: the observed-remove set of
 * Shapiro, Preguiça, Baquero and Zawirski (INRIA RR-7506, 2011), without tombstones, as Bieniusa, Zawirski, Preguiça,
 * Shapiro, Baquero, Balegas and Duarte give it in "An optimized conflict-free replicated set" (INRIA RR-8083, 2012). An
 * addition is a dot: its replica, and its number among the updates there. A state says which updates it has seen and which
 * dots are in. So a dot that one of two states has seen and does not hold was removed, and needs no tombstone:
 *
 *     n1  seen 2,0   nothing in: n1.1 added x, n1.2 removed it
 *     n2  seen 1,1   x in by n1.1 and n2.1
 *     joined: n1.1 was seen by n1 and is not there: removed.  n2.1 was not seen by n1: x is in.
 *
 * Choice of ours: removals are numbered too, so that states tell which updates they contain.
 */
export type OrSetState = {
  /** By replica: how many of its updates are known. */
  readonly seen: readonly number[];
  /** Additions that no known removal has seen, sorted by replica and number. */
  readonly dots: readonly Dot[];
};
type Dot = { readonly replica: ActorId; readonly n: number; readonly element: Json };

/** `resurrects`: the bug of `or-set-resurrects`, joining by union. */
export function orSet(options: { readonly resurrects: boolean }): ReplicatedType<OrSetState> {
  return {
    initial: (servers) => ({ seen: Array.from({ length: servers }, () => 0), dots: [] }),

    apply({ id }: ActorContext, state, call) {
      if (call.f === "read") return { state, value: elementsOf(state) };
      if (call.f !== "add" && call.f !== "remove") throw unknownCall(call, "add, remove, read");
      const n = state.seen[id]! + 1;
      const others = state.dots.filter(({ element }) => !equalJson(element, call.value));
      // Also an addition replaces the dots of its element that it has seen: one is enough to be in.
      const dots = call.f === "add" ? inOrder([...others, { replica: id, n, element: call.value }]) : others;
      return { state: { seen: state.seen.with(id, n), dots }, value: null };
    },

    join(mine, theirs) {
      const stays = (dot: Dot, other: OrSetState): boolean => holds(other, dot) || other.seen[dot.replica]! < dot.n || options.resurrects;
      const kept = mine.dots.filter((dot) => stays(dot, theirs));
      const learnt = theirs.dots.filter((dot) => !holds(mine, dot) && stays(dot, mine));
      return { seen: mine.seen.map((n, replica) => Math.max(n, theirs.seen[replica]!)), dots: inOrder([...kept, ...learnt]) };
    },
  };
}

/** What a read shows: each element once, in order. */
export function elementsOf({ dots }: OrSetState): readonly Json[] {
  return distinct(dots.map(({ element }) => element));
}

/** Each value once, sorted by canonical text. */
export function distinct(values: readonly Json[]): readonly Json[] {
  const byText = new Map(values.map((value) => [canonicalJson(value), value]));
  return [...byText.keys()].sort().map((text) => byText.get(text)!);
}

function holds(state: OrSetState, dot: Dot): boolean {
  return state.dots.some(({ replica, n }) => replica === dot.replica && n === dot.n);
}

function inOrder(dots: readonly Dot[]): readonly Dot[] {
  return [...dots].sort((a, b) => a.replica - b.replica || a.n - b.n);
}
