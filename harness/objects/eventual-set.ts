import { equalJson, isArray, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { compare } from "./queue.ts";
import { unknownFunction } from "./register.ts";

/**
 * What a replicated set without coordination can promise a reader: `read` → some of the elements that were added before.
 * So a read may be late, and may show what was removed elsewhere; it never shows what nobody has added.
 */
export function eventualSet(): SequentialSpec<readonly Json[]> {
  return {
    name: "eventual-set",
    initial: [],
    apply(state, call: Call) {
      if (call.f === "read") return [{ state, ret: state }];
      if (call.f === "remove") return [{ state, ret: null }];
      if (call.f !== "add") throw unknownFunction("eventual-set", call.f, "add, remove, read");
      return [{ state: contains(state, call.value) ? state : [...state, call.value].sort(compare), ret: null }];
    },
    observes: (call) => call.f === "read",
    agrees: (_call, added, shown) => isArray(shown) && shown.every((element) => contains(added, element)),
    readOnly: (call) => call.f !== "add",
    describe: (call, ret) => (call.f === "read" ? `read${ret === undefined ? "" : ` → ${JSON.stringify(ret)}`}` : `${call.f} ${JSON.stringify(call.value)}`),
    describeState: (state) => `${JSON.stringify(state)} were added`,
  };
}

function contains(elements: Json, element: Json): boolean {
  return isArray(elements) && elements.some((other) => equalJson(other, element));
}
