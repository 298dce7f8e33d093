import { canonicalJson, equalJson, isArray, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { compare } from "./queue.ts";
import { unknownFunction } from "./register.ts";

/**
 * Sets. `add v` and `remove v` return nothing that is looked at; `contains v` → true or false; `read` → all elements,
 * in any order.
 *
 *     set             add, remove, contains; judged element by element, since elements are independent
 *     grow-only-set   add, read of the whole set
 *     full-set        add, remove, contains, read; judged as one piece
 */
export const add = (value: Json): Call => ({ f: "add", value });
export const remove = (value: Json): Call => ({ f: "remove", value });
export const contains = (value: Json): Call => ({ f: "contains", value });
export const readAll = (): Call => ({ f: "read", value: null });

export function set(): SequentialSpec {
  const whole = fullSet();
  return {
    ...whole,
    name: "set",
    apply(state, call) {
      if (call.f === "read") throw unknownFunction("set", call.f, "add, remove, contains; a set that is read whole is a full-set or grow-only-set");
      return whole.apply(state, call);
    },
    partition: (call) => {
      if (call.f === "read") throw unknownFunction("set", call.f, "add, remove, contains; a set that is read whole is a full-set or grow-only-set");
      return { key: canonicalJson(call.value), call };
    },
    part: () => ({ ...whole, name: "set-element", behavesAs: "set-element" }),
  };
}

export function growOnlySet(): SequentialSpec {
  const whole = fullSet();
  return {
    ...whole,
    name: "grow-only-set",
    behavesAs: "grow-only-set",
    apply(state, call) {
      if (call.f !== "add" && call.f !== "read") throw unknownFunction("grow-only-set", call.f, "add, read");
      return whole.apply(state, call);
    },
  };
}

export function fullSet(): SequentialSpec {
  return {
    name: "full-set",
    initial: [],
    apply(state, call) {
      const items = isArray(state) ? state : [];
      const held = items.some((item) => equalJson(item, call.value));
      switch (call.f) {
        case "add":
          return [{ state: held ? items : [...items, call.value].sort(compare), ret: null }];
        case "remove":
          return [{ state: held ? items.filter((item) => !equalJson(item, call.value)) : items, ret: null }];
        case "contains":
          return [{ state: items, ret: held }];
        case "read":
          return [{ state: items, ret: items }];
        default:
          throw unknownFunction("full-set", call.f, "add, remove, contains, read");
      }
    },
    observes: (call) => call.f === "contains" || call.f === "read",
    agrees: (call, ret, recorded) => equalJson(ret, call.f === "read" && isArray(recorded) ? [...recorded].sort(compare) : recorded),
    readOnly: (call) => call.f === "contains" || call.f === "read",
    describe: (call, ret) => {
      const shown = ret === undefined || call.f === "add" || call.f === "remove" ? "" : ` → ${JSON.stringify(ret)}`;
      return call.f === "read" ? `read${shown}` : `${call.f} ${JSON.stringify(call.value)}${shown}`;
    },
    describeState: (state) => `the set holds ${JSON.stringify(state)}`,
  };
}
