import { isArray, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { unknownFunction } from "./register.ts";

/** A list that only grows: `append v` puts v at the end, `read` → the whole list. */
export const appendItem = (value: Json): Call => ({ f: "append", value });
export const readList = (): Call => ({ f: "read", value: null });

export function appendList(): SequentialSpec {
  return {
    name: "append-list",
    initial: [],
    behavesAs: "append-list",
    apply(state, call) {
      const items = isArray(state) ? state : [];
      if (call.f === "append") return [{ state: [...items, call.value], ret: null }];
      if (call.f === "read") return [{ state: items, ret: items }];
      throw unknownFunction("append-list", call.f, "append, read");
    },
    observes: (call) => call.f === "read",
    readOnly: (call) => call.f === "read",
    describe: (call, ret) => (call.f === "append" ? `append ${JSON.stringify(call.value)}` : ret === undefined ? "read" : `read → ${JSON.stringify(ret)}`),
    describeState: (state) => `the list is ${JSON.stringify(state)}`,
  };
}
