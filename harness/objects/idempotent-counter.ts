import { isObject, isArray, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { badArgument, unknownFunction } from "./register.ts";

/**
 * An account that is charged by requests which carry a key: `submit [key, amount]` → the balance after it; a request that
 * comes again, by a double click, a retry or a reload, changes nothing and gets its first answer again. `read` → the balance.
 */
export const submit = (key: string, amount: number): Call => ({ f: "submit", value: [key, amount] });

export type Account = {
  readonly balance: number;
  /** The first answer to each key. */
  readonly answers: { readonly [key: string]: number };
};

export function idempotentCounter(): SequentialSpec<Account> {
  return {
    name: "idempotent-counter",
    initial: { balance: 0, answers: {} },
    apply(state, call) {
      if (call.f === "read") return [{ state, ret: state.balance }];
      if (call.f !== "submit") throw unknownFunction("idempotent-counter", call.f, "submit, read");
      const { key, amount } = submissionOf(call);
      const before = state.answers[key];
      if (before !== undefined) return [{ state, ret: before }];
      const balance = state.balance + amount;
      return [{ state: { balance, answers: { ...state.answers, [key]: balance } }, ret: balance }];
    },
    readOnly: (call) => call.f === "read",
    describe: (call, ret) => `${call.f}${call.f === "read" ? "" : ` ${JSON.stringify(call.value)}`}${ret === undefined ? "" : ` → ${JSON.stringify(ret)}`}`,
    describeState: (state) => `the balance is ${isObject(state) ? JSON.stringify(state["balance"]) : JSON.stringify(state)}`,
  };
}

/** `[key, amount]` of a submission; anything else is a `HarnessError`. */
export function submissionOf(call: Call): { readonly key: string; readonly amount: number } {
  const [key, amount]: readonly (Json | undefined)[] = isArray(call.value) ? call.value : [];
  if (typeof key !== "string" || typeof amount !== "number") throw badArgument("submit", "[key, amount]", call.value);
  return { key, amount };
}
