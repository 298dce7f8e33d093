import { HarnessError } from "../errors.ts";
import { equalJson, isArray, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";

/** A register: `read` returns the last value written; `write v` stores v; `cas [from, to]` stores `to` if it holds `from`. */
export const read = (): Call => ({ f: "read", value: null });
export const write = (value: Json): Call => ({ f: "write", value });
export const cas = (from: Json, to: Json): Call => ({ f: "cas", value: [from, to] });

export interface RegisterOptions {
  /**
   * `unknown`: a recorded read of null, in a register whose initial value is not null, tells nothing (the convention of
   * Knossos' histories). Default `observed`: null was read, and must have been there.
   */
  readonly nullReads?: "observed" | "unknown";
}

/** Read and write only. */
export function register(initial: Json = null, options: RegisterOptions = {}): SequentialSpec {
  return { ...casRegister(initial, options), name: "register" };
}

/**
 * Read, write and compare-and-set. A cas that was refused for its value is an observation: completion `ok` with
 * value `false`; one that succeeded returns `true` (or, as Jepsen records it, its argument).
 */
export function casRegister(initial: Json = null, options: RegisterOptions = {}): SequentialSpec {
  const nullTellsNothing = options.nullReads === "unknown" && initial !== null;
  return {
    name: "cas-register",
    initial,
    behavesAs: "register",
    apply(state, call) {
      if (call.f === "read") return [{ state, ret: state }];
      if (call.f === "write") return [{ state: call.value, ret: null }];
      if (call.f === "cas") {
        const [from, to] = casArguments(call);
        return equalJson(from, state) ? [{ state: to, ret: true }] : [{ state, ret: false }];
      }
      throw unknownFunction("cas-register", call.f, "read, write, cas");
    },
    observes: (call) => call.f !== "write",
    agrees: (call, ret, recorded) =>
      call.f === "cas" ? ret === (recorded !== false) : (recorded === null && nullTellsNothing) || equalJson(ret, recorded),
    readOnly: (call, recorded) => call.f === "read" || (call.f === "cas" && (recorded === false || equalJson(...casArguments(call)))),
    describe: (call, ret) => {
      if (call.f === "write") return `write ${JSON.stringify(call.value)}`;
      if (call.f === "read") return ret === undefined ? "read" : `read → ${JSON.stringify(ret)}`;
      const [from, to] = casArguments(call);
      return `cas ${JSON.stringify(from)} to ${JSON.stringify(to)}${ret === undefined ? "" : ret === false ? " (refused)" : ""}`;
    },
    describeState: (state) => `the register holds ${JSON.stringify(state)}`,
  };
}

/** `[from, to]` of a cas; anything else is a `HarnessError`. */
export function casArguments(call: Call): readonly [Json, Json] {
  if (isArray(call.value) && call.value.length === 2) return [call.value[0]!, call.value[1]!];
  throw badArgument("cas", "[from, to]", call.value);
}

/** The error for an argument of the wrong shape. */
export function badArgument(f: string, shape: string, value: Json): HarnessError {
  return new HarnessError("HISTORY_MALFORMED", `${f} takes ${shape}, not ${JSON.stringify(value)}`, {
    nextStep: `record ${f} with ${shape}, or choose the object that the history was recorded on with --spec`,
  });
}

/** The error for a function that an object does not have. */
export function unknownFunction(spec: string, f: string, known: string): HarnessError {
  return new HarnessError("HISTORY_MALFORMED", `object ${spec} has no function ${JSON.stringify(f)} (it has ${known})`, {
    nextStep: "choose the object that the history was recorded on with --spec",
  });
}
