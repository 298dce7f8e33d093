import { contradictionAmong, type Monitor, type MonitorAnswer } from "../monitor.ts";
import type { Part } from "../parts.ts";
import { EarliestFirst } from "./earliest-first.ts";

/**
 * A lock that anybody may release: acquires and releases take effect in turn, and one acquire is like another. Sweep over
 * the events and let nothing take effect before something that returns needs it:
 *
 *     an acquire returns, the lock is free     it takes effect now
 *     an acquire returns, the lock is held     a release that is open takes effect before it, the one that returns first
 *     … and no release is open                 wrong
 *
 * and the same for releases. Exact, by two exchanges. Whatever another order has let take effect earlier is still open in
 * this one, or has returned and took effect in both; so the sweep can catch up with the other at any moment. And where
 * the other order takes an operation that returns later, the two can change places: both are open then, and like each
 * other. What crashed never returns: it is taken last, and need not be taken at all. O(n log n).
 *
 *     C0  |- acquire -|                                       not linearizable: held by two
 *     C1                  |- acquire -|
 */
export const alternation: Monitor = {
  name: "alternation",
  summary: "mutex without owners: O(n log n)",
  judge(part) {
    const { spec, classTable } = part;
    if (spec.behavesAs !== "mutex" || (spec.initial !== FREE && spec.initial !== HELD)) return undefined;
    if (classTable.some(({ call }) => call.f !== "acquire" && call.f !== "release")) return undefined;
    return sweep(part);
  },
};

/** The states of `harness/objects/mutex`. */
const FREE = "free";
const HELD = "held";

/** Sides of the alternation. */
type Side = 0 | 1;
const ACQUIRES = 0;
const RELEASES = 1;

function sweep(part: Part): MonitorAnswer {
  const { events, eventCount, classes, classTable, returns, spec } = part;
  const sideOfClass = classTable.map(({ call }): Side => (call.f === "acquire" ? ACQUIRES : RELEASES));
  const open = [new EarliestFirst(returns), new EarliestFirst(returns)] as const;
  const placed = new Uint8Array(part.count);
  const order: number[] = [];
  /** The side that can take effect. */
  let turn: Side = spec.initial === FREE ? ACQUIRES : RELEASES;
  const placeOne = (): void => {
    const operation = open[turn].pop();
    placed[operation] = 1;
    order.push(operation);
    turn = other(turn);
  };
  for (let event = 0; event < eventCount; event++) {
    const operation = events[event]! >> 1;
    const side = sideOfClass[classes[operation]!]!;
    if ((events[event]! & 1) === 0) open[side].push(operation);
    else if (placed[operation] === 0) {
      if (turn !== side) {
        if (open[turn].size === 0) return contradictionAmong(returnedBy(part, event));
        placeOne();
      }
      // Of those open on its side it returns first, so it is the one that is taken.
      placeOne();
    }
  }
  return { linearizable: true, linearization: () => order };
}

function other(side: Side): Side {
  return side === ACQUIRES ? RELEASES : ACQUIRES;
}

/** What must have taken effect by an event; the rest may still wait, so these alone are wrong as well. */
function returnedBy({ calls, returns, count }: Part, event: number): number[] {
  const returned: number[] = [];
  for (let i = 0; i < count && calls[i]! < event; i++) if (returns[i]! <= event) returned.push(i);
  return returned;
}
