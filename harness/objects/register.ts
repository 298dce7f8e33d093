import { HarnessError } from "../errors.ts";
import { isArray, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";

/** A register: `read` returns the last value written; `write v` stores v; `cas [from, to]` stores `to` if it holds `from`. */
export const read = (): Call => ({ f: "read", value: null });
export const write = (value: Json): Call => ({ f: "write", value });
export const cas = (from: Json, to: Json): Call => ({ f: "cas", value: [from, to] });

/** Read and write only. */
export function register(initial: Json = null): SequentialSpec {
  return { ...casRegister(initial), name: "register" };
}

/**
 * Read, write and compare-and-set. A cas that was refused for its value is an observation: completion `ok` with
 * value `false`; one that succeeded returns `true` (or, as Jepsen records it, its argument).
 */
export function casRegister(initial: Json = null): SequentialSpec {
  return {
    name: "cas-register",
    initial,
    apply(state, call) {
      if (call.f === "read") return [{ state, ret: state }];
      if (call.f === "write") return [{ state: call.value, ret: null }];
      if (call.f === "cas") {
        const [from, to] = casArguments(call);
        return JSON.stringify(from) === JSON.stringify(state) ? [{ state: to, ret: true }] : [{ state, ret: false }];
      }
      throw unknownFunction("cas-register", call.f, "read, write, cas");
    },
    observes: (call) => call.f !== "write",
    agrees: (call, ret, recorded) =>
      call.f === "cas" ? ret === (recorded !== false) : JSON.stringify(ret) === JSON.stringify(recorded),
    readOnly: (call) => call.f === "read",
    describe: (call, ret) => {
      if (call.f === "write") return `write ${JSON.stringify(call.value)}`;
      if (call.f === "read") return ret === undefined ? "read" : `read → ${JSON.stringify(ret)}`;
      const [from, to] = casArguments(call);
      return `cas ${JSON.stringify(from)} to ${JSON.stringify(to)}${ret === undefined ? "" : ret === false ? " (refused)" : ""}`;
    },
    describeState: (state) => `the register holds ${JSON.stringify(state)}`,
  };
}

function casArguments(call: Call): readonly [Json, Json] {
  if (isArray(call.value) && call.value.length === 2) return [call.value[0]!, call.value[1]!];
  throw new HarnessError("HISTORY_MALFORMED", `cas takes [from, to], not ${JSON.stringify(call.value)}`, {
    nextStep: "record a cas with both values",
  });
}

/** The error for a function that an object does not have. */
export function unknownFunction(spec: string, f: string, known: string): HarnessError {
  return new HarnessError("HISTORY_MALFORMED", `object ${spec} has no function ${JSON.stringify(f)} (it has ${known})`, {
    nextStep: "choose the object that the history was recorded on with --spec",
  });
}
