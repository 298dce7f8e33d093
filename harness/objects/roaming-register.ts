import { isArray, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { badArgument, unknownFunction } from "./register.ts";

/**
 * A register whose users roam between copies: `write [user, v]` → nothing; `read user` → the value that was written last,
 * or an earlier one, but nothing older than what this user wrote: whoever was told that a write is done finds it wherever
 * he asks next.
 */
export const writeAs = (user: string, value: Json): Call => ({ f: "write", value: [user, value] });
export const readFor = (user: string): Call => ({ f: "read", value: user });

export type RoamingState = {
  /** All values so far, the initial null first. */
  readonly values: readonly Json[];
  /** By user: position of what he wrote last. */
  readonly own: { readonly [user: string]: number };
};

export function roamingRegister(): SequentialSpec<RoamingState> {
  return {
    name: "roaming-register",
    initial: { values: [null], own: {} },
    apply(state, call) {
      if (call.f === "read") {
        const from = (typeof call.value === "string" ? state.own[call.value] : undefined) ?? 0;
        return state.values.slice(from).map((ret) => ({ state, ret }));
      }
      if (call.f !== "write") throw unknownFunction("roaming-register", call.f, "write, read");
      const { user, value } = roamingWriteOf(call);
      return [{ state: { values: [...state.values, value], own: { ...state.own, [user]: state.values.length } }, ret: null }];
    },
    observes: (call) => call.f === "read",
    readOnly: (call) => call.f === "read",
    describe: (call, ret) => `${call.f} ${JSON.stringify(call.value)}${call.f === "write" || ret === undefined ? "" : ` → ${JSON.stringify(ret)}`}`,
    describeState: ({ values }) => `the values ${JSON.stringify(values)} were written, in this order`,
  };
}

/** `[user, value]` of a write; anything else is a `HarnessError`. */
export function roamingWriteOf(call: Call): { readonly user: string; readonly value: Json } {
  const [user, value]: readonly (Json | undefined)[] = isArray(call.value) ? call.value : [];
  if (typeof user !== "string" || value === undefined) throw badArgument("write", "[user, value]", call.value);
  return { user, value };
}
