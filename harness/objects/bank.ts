import { isObject, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { badArgument, unknownFunction } from "./register.ts";

/**
 * Accounts. `transfer {from, to, amount}` moves money and is possible only where the account has it (a refused transfer
 * is a `fail`, or `ok` with value false); `read` → every account with its balance.
 */
export const transfer = (from: string, to: string, amount: number): Call => ({ f: "transfer", value: { from, to, amount } });
export const readBalances = (): Call => ({ f: "read", value: null });

export function bank(balances: { readonly [account: string]: number } = { a: 10, b: 10 }): SequentialSpec {
  return {
    name: "bank",
    initial: balances,
    apply(state, call) {
      if (call.f === "read") return [{ state, ret: state }];
      if (call.f !== "transfer") throw unknownFunction("bank", call.f, "transfer, read");
      const { from, to, amount } = transferOf(call);
      const held = isObject(state) ? state : {};
      const [source, target] = [held[from], held[to]];
      if (typeof source !== "number" || typeof target !== "number" || source < amount) return [{ state, ret: false }];
      if (from === to) return [{ state, ret: true }];
      return [{ state: { ...held, [from]: source - amount, [to]: target + amount }, ret: true }];
    },
    observes: () => true,
    agrees: (call, ret, recorded) => (call.f === "transfer" ? ret === (recorded !== false) : JSON.stringify(sorted(ret)) === JSON.stringify(sorted(recorded))),
    readOnly: (call, recorded) => call.f === "read" || recorded === false,
    describe: (call, ret) => {
      if (call.f === "read") return ret === undefined ? "read" : `read → ${JSON.stringify(ret)}`;
      const { from, to, amount } = transferOf(call);
      return `transfer ${amount} from ${from} to ${to}${ret === false ? " (refused)" : ""}`;
    },
    describeState: (state) => `the accounts are ${JSON.stringify(state)}`,
  };
}

function sorted(value: Json): Json {
  return isObject(value) ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : value;
}

function transferOf(call: Call): { from: string; to: string; amount: number } {
  if (isObject(call.value)) {
    const { from, to, amount } = call.value;
    if ((typeof from === "string" || typeof from === "number") && (typeof to === "string" || typeof to === "number") && typeof amount === "number") {
      return { from: String(from), to: String(to), amount };
    }
  }
  throw badArgument("transfer", "{from, to, amount}", call.value);
}
