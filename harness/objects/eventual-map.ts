import { canonicalJson, equalJson, isArray, isObject, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { badArgument, unknownFunction } from "./register.ts";

/**
 * What a replicated map without coordination can promise a reader: `get k` → null, or a value that was put under k before.
 * So a get may be late and may go back; it never shows what nobody has put. By key: the values, the newest first.
 */
export function eventualMap(): SequentialSpec<{ readonly [key: string]: readonly Json[] }> {
  return {
    name: "eventual-map",
    initial: {},
    apply(state, call: Call) {
      if (call.f === "get") return [...(state[canonicalJson(call.value)] ?? []), null].map((ret) => ({ state, ret }));
      if (call.f !== "put") throw unknownFunction("eventual-map", call.f, "get, put");
      if (!isArray(call.value) || call.value.length !== 2) throw badArgument("put", "[key, value]", call.value);
      const key = canonicalJson(call.value[0]!);
      const [, value] = call.value;
      const earlier = (state[key] ?? []).filter((other) => !equalJson(other, value!));
      return [{ state: { ...state, [key]: [value!, ...earlier] }, ret: null }];
    },
    observes: (call) => call.f === "get",
    readOnly: (call) => call.f === "get",
    describe: (call, ret) => `${call.f} ${JSON.stringify(call.value)}${call.f === "put" || ret === undefined ? "" : ` → ${JSON.stringify(ret)}`}`,
    describeState: (state) => `values that were put: ${isObject(state) ? canonicalJson(state) : "none"}`,
  };
}
