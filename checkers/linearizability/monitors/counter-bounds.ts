import { contradictionAmong, type Monitor } from "../monitor.ts";
import { NEVER, type Part } from "../parts.ts";

/**
 * A counter with additions of any amounts: which of the open ones a read has seen is a question of subset sums, and is
 * left to the search. But a read must lie between two bounds, which one pass finds:
 *
 *     what had returned before its call, and of what was open at some moment of it the negative amounts   least
 *     the same with the positive amounts                                                                  greatest
 *
 * A read out of bounds proves that the part is not linearizable; otherwise this monitor has no answer. O(n).
 */
export const counterBounds: Monitor = {
  name: "counter-bounds",
  summary: "counter, whole amounts, when a read is out of bounds: O(n)",
  judge(part) {
    const { spec, classTable, classes, calls, returns, events, eventCount } = part;
    if (spec.behavesAs !== "counter" || !Number.isSafeInteger(spec.initial)) return undefined;
    const additions = classTable.filter(({ call }) => call.f !== "read");
    if (!additions.every(({ call }) => Number.isSafeInteger(call.value))) return undefined;
    // Sums of what was called and returned up to each event, the negative amounts and the positive ones apart.
    const called = { negative: new Float64Array(eventCount + 1), positive: new Float64Array(eventCount + 1) };
    const returned = { negative: new Float64Array(eventCount + 1), positive: new Float64Array(eventCount + 1) };
    for (let e = 0; e < eventCount; e++) {
      for (const sums of [called, returned]) for (const sign of ["negative", "positive"] as const) sums[sign][e + 1] = sums[sign][e]!;
      const { call } = classTable[classes[events[e]! >> 1]!]!;
      const amount = call.f === "read" ? 0 : Number(call.value);
      const sums = (events[e]! & 1) === 0 ? called : returned;
      sums[amount < 0 ? "negative" : "positive"][e + 1]! += amount;
    }
    if (![called.negative[eventCount]!, called.positive[eventCount]!].every(Number.isSafeInteger)) return undefined;
    for (let i = 0; i < part.count; i++) {
      const { call, recorded } = classTable[classes[i]!]!;
      if (call.f !== "read" || returns[i] === NEVER) continue;
      const [from, to] = [calls[i]!, returns[i]!];
      const least = Number(spec.initial) + returned.positive[from]! + called.negative[to]!;
      const greatest = Number(spec.initial) + returned.negative[from]! + called.positive[to]!;
      if (!(typeof recorded === "number" && recorded >= least && recorded <= greatest)) return contradictionAmong([i, ...calledBefore(part, to)]);
    }
    return undefined;
  },
};

function calledBefore(part: Part, event: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < part.count && part.calls[i]! < event; i++) found.push(i);
  return found;
}
