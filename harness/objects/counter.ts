import { isArray, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { badArgument, unknownFunction } from "./register.ts";

/**
 * Numbers that are added to.
 *
 *     counter       add n (n may be negative), read → the sum
 *     fetch-add     fetch-add n → the sum before; read → the sum
 *     id-generator  generate → an id that was never given before
 */
export const addNumber = (amount: number): Call => ({ f: "add", value: amount });
export const readCounter = (): Call => ({ f: "read", value: null });
export const fetchAdd = (amount: number): Call => ({ f: "fetch-add", value: amount });
export const generate = (): Call => ({ f: "generate", value: null });

export function counter(initial = 0): SequentialSpec {
  return sum("counter", "add", initial);
}

export function fetchAddCounter(initial = 0): SequentialSpec {
  return sum("fetch-add", "fetch-add", initial);
}

function sum(name: "counter" | "fetch-add", adds: string, initial: number): SequentialSpec {
  return {
    name,
    initial,
    behavesAs: name,
    apply(state, call) {
      const total = typeof state === "number" ? state : 0;
      if (call.f === "read") return [{ state: total, ret: total }];
      if (call.f !== adds) throw unknownFunction(name, call.f, `${adds}, read`);
      if (typeof call.value !== "number") throw badArgument(adds, "a number", call.value);
      return [{ state: total + call.value, ret: total }];
    },
    observes: (call) => call.f === "read" || name === "fetch-add",
    readOnly: (call) => call.f === "read" || call.value === 0,
    describe: (call, ret) => `${call.f}${call.f === "read" ? "" : ` ${JSON.stringify(call.value)}`}${ret === undefined || (name === "counter" && call.f !== "read") ? "" : ` → ${JSON.stringify(ret)}`}`,
    describeState: (state) => `the sum is ${JSON.stringify(state)}`,
  };
}

/** The state is the list of ids given; any new one may come next, so the answer is judged rather than foretold. */
export function idGenerator(): SequentialSpec {
  return {
    name: "id-generator",
    initial: [],
    apply(state, call) {
      if (call.f !== "generate") throw unknownFunction("id-generator", call.f, "generate");
      return [{ state, ret: "a new id" }];
    },
    accept(state, call, recorded) {
      if (call.f !== "generate") throw unknownFunction("id-generator", call.f, "generate");
      const given: readonly Json[] = isArray(state) ? state : [];
      const text = JSON.stringify(recorded);
      return given.some((id) => JSON.stringify(id) === text) ? [] : [[...given, recorded].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))];
    },
    readOnly: (_call, recorded) => recorded === undefined,
    describe: (_call, ret) => (ret === undefined ? "generate" : `generate → ${JSON.stringify(ret)}`),
    describeState: (state) => `the ids ${JSON.stringify(state)} were given`,
  };
}
