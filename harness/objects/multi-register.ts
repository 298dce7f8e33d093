import { canonicalJson, equalJson, isArray, isObject, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { badArgument, unknownFunction } from "./register.ts";

/**
 * Several registers, read and written in one step: `txn [["read", k, null], ["write", k, v] …]`, one micro-operation
 * after the other; the answer is the same list with what was read filled in. A read of null in a recorded answer that
 * `nullReads: "unknown"` covers tells nothing, as Knossos has it.
 */
export const txn = (...micro: readonly (readonly ["read" | "write", string, Json])[]): Call => ({ f: "txn", value: micro });

export function multiRegister(initial: { readonly [key: string]: Json } = {}, options: { readonly nullReads?: "observed" | "unknown" } = {}): SequentialSpec {
  return {
    name: "multi-register",
    initial,
    apply(state, call) {
      if (call.f !== "txn") throw unknownFunction("multi-register", call.f, "txn");
      const values: { [key: string]: Json } = { ...(isObject(state) ? state : {}) };
      const ret = microOf(call).map(([f, key, value]): Json => {
        if (f === "write") values[key] = value;
        return [f, key, f === "read" ? (values[key] ?? null) : value];
      });
      return [{ state: values, ret }];
    },
    agrees: (call, ret, recorded) => {
      if (!isArray(ret) || !isArray(recorded) || ret.length !== recorded.length) return false;
      return microOf(call).every(([f], i) => {
        if (f === "write") return true;
        const [told, was] = [valueOf(recorded[i]!), valueOf(ret[i]!)];
        return equalJson(told, was) || (told === null && options.nullReads === "unknown");
      });
    },
    readOnly: (call) => microOf(call).every(([f]) => f === "read"),
    describe: (call, ret) => `txn ${JSON.stringify(ret ?? call.value)}`,
    describeState: (state) => `the registers hold ${canonicalJson(state)}`,
  };
}

function microOf(call: Call): readonly (readonly [string, string, Json])[] {
  if (!isArray(call.value)) throw badArgument("txn", `[["read", k, null], ["write", k, v] …]`, call.value);
  return call.value.map((micro) => {
    if (!isArray(micro) || micro.length !== 3) throw badArgument("txn", `[["read", k, null], ["write", k, v] …]`, call.value);
    const f = micro[0] === "r" ? "read" : micro[0] === "w" ? "write" : micro[0];
    if (f !== "read" && f !== "write") throw badArgument("txn", `[["read", k, null], ["write", k, v] …]`, call.value);
    const key = micro[1]!;
    return [f, typeof key === "string" ? key : canonicalJson(key), micro[2]!];
  });
}

function valueOf(micro: Json): Json {
  return isArray(micro) && micro.length === 3 ? micro[2]! : null;
}
