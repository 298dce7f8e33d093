import { isArray, type Json } from "../json.ts";
import type { SequentialSpec } from "../spec.ts";
import { badArgument, unknownFunction } from "./register.ts";

/**
 * What a replicated counter without coordination can promise a reader: the sum of some of the additions that were made,
 * each counted at most once. `add n` (n may be negative) → nothing; `read` → any such sum. So a read may be late, and may
 * never count an addition twice or invent one.
 */
export function eventualCounter(): SequentialSpec<readonly Json[]> {
  return {
    name: "eventual-counter",
    initial: [],
    apply(state, call) {
      if (call.f === "read") return sums(state).map((ret) => ({ state, ret }));
      if (call.f !== "add") throw unknownFunction("eventual-counter", call.f, "add, read");
      if (typeof call.value !== "number") throw badArgument("add", "a number", call.value);
      return [{ state: [...amounts(state), call.value].sort((a, b) => a - b), ret: null }];
    },
    observes: (call) => call.f === "read",
    readOnly: (call) => call.f === "read",
    describe: (call, ret) => (call.f === "read" ? `read${ret === undefined ? "" : ` → ${JSON.stringify(ret)}`}` : `add ${JSON.stringify(call.value)}`),
    describeState: (state) => `the additions ${JSON.stringify(state)} were made`,
  };
}

/** Every sum of a part of the additions, the sum of all first. O(additions × distinct sums). */
function sums(state: Json): number[] {
  let reached = new Set([0]);
  for (const amount of amounts(state)) reached = new Set([...[...reached].map((sum) => sum + amount), ...reached]);
  return [...reached];
}

function amounts(state: Json): number[] {
  return isArray(state) ? state.filter((amount) => typeof amount === "number") : [];
}
