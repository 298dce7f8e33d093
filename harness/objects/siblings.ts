import type { Json } from "../json.ts";
import { canonicalJson, isArray } from "../json.ts";
import type { SequentialSpec } from "../spec.ts";
import { unknownFunction } from "./register.ts";

/**
 * A register with many authors who may not know of one another: `write v` → nothing; `read` → the list of values that are
 * current together (siblings), sorted, none before the first write. Promised of the answers alone: each value in them was
 * written, and none stands there twice. Which of them may be missing is a property of the replicas, not of the answers.
 */
export function siblings(): SequentialSpec<readonly Json[]> {
  return {
    name: "siblings",
    initial: [],
    apply(state, call) {
      if (call.f === "read") return parts(isArray(state) ? state : []).map((ret) => ({ state, ret }));
      if (call.f !== "write") throw unknownFunction("siblings", call.f, "write, read");
      const written = new Map([...state, call.value].map((value) => [canonicalJson(value), value]));
      return [{ state: sorted([...written.values()]), ret: null }];
    },
    observes: (call) => call.f === "read",
    readOnly: (call) => call.f === "read",
    describe: (call, ret) => (call.f === "read" ? `read${ret === undefined ? "" : ` → ${JSON.stringify(ret)}`}` : `write ${JSON.stringify(call.value)}`),
    describeState: (state) => `the values ${JSON.stringify(state)} were written`,
  };
}

/** In the order in which answers list them. */
export function sorted(values: readonly Json[]): readonly Json[] {
  return [...values].sort((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1));
}

/** All sub-lists, the whole first. 2^n of them. */
function parts(values: readonly Json[]): readonly (readonly Json[])[] {
  return values.reduceRight<readonly (readonly Json[])[]>((rest, value) => [...rest.map((part) => [value, ...part]), ...rest], [[]]);
}
