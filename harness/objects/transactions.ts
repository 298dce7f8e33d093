import { HarnessError } from "../errors.ts";
import { canonicalJson, equalJson, isArray, isObject, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { unknownFunction } from "./register.ts";

/**
 * Transactions of micro-operations, in Jepsen's words: what a database's client is asked, and what it answers.
 *
 *     call      { f: "txn", value: [["r", 7, null], ["append", 8, 3]] }     lists:     r and append
 *               { f: "txn", value: [["r", 7, null], ["w", 8, 3]] }          registers: r and w
 *     ok        the same list in the same order, every read filled in: [["r", 7, [1, 2]], ["append", 8, 3]]
 *     fail      rolled back for sure: nothing of it took effect (a serialization failure, a deadlock)
 *     info      nobody knows: the connection broke between COMMIT and its answer
 *
 * Micro-operations run in their order within one transaction; a read sees the transaction's own writes before it. What
 * was never written reads as null. Keys are whole numbers from 0 on, written values whole numbers from 1 on, each value
 * once per key, so that a value names the write that it comes from. A list holds its elements in order of their appends.
 */
export type MicroOperation = readonly ["r", number, Json] | readonly ["w" | "append", number, Json];
/** A list workload appends, a register workload writes. */
export type WriteName = "append" | "w";

/** The call of one transaction. */
export const transaction = (micro: readonly MicroOperation[]): Call => ({ f: "txn", value: micro });

/** The micro-operations of a call, for a client that is to do them. Errors: `HISTORY_MALFORMED` for anything else. */
export function microOperations(value: Json): readonly MicroOperation[] {
  if (!isArray(value)) throw refused(value);
  return value.map((micro): MicroOperation => {
    if (!isArray(micro) || micro.length !== 3) throw refused(micro);
    const [f, key, written] = [micro[0]!, micro[1]!, micro[2]!];
    if (typeof key !== "number" || !Number.isInteger(key) || key < 0) throw refused(micro);
    if (f === "r") return ["r", key, written];
    if (f === "w" || f === "append") return [f, key, written];
    throw refused(micro);
  });
}

/** Lists that are appended to and read in transactions; one transaction after the other. */
export function listTransactions(): SequentialSpec {
  return serial("list-append", "append", (old, value) => [...(isArray(old) ? old : []), value]);
}

/** Registers that are written and read in transactions; one transaction after the other. */
export function registerTransactions(): SequentialSpec {
  return serial("rw-register", "w", (_old, value) => value);
}

function serial(name: string, write: WriteName, put: (old: Json, value: Json) => Json): SequentialSpec {
  return {
    name,
    initial: {},
    apply(state, call) {
      if (call.f !== "txn") throw unknownFunction(name, call.f, "txn");
      const values: { [key: string]: Json } = { ...(isObject(state) ? state : {}) };
      const ret = microOperations(call.value).map(([f, key, value]): Json => {
        if (f === "r") return [f, key, values[key] ?? null];
        if (f !== write) throw refused([f, key, value]);
        values[key] = put(values[key] ?? null, value);
        return [f, key, value];
      });
      return [{ state: values, ret }];
    },
    // Nothing written reads as null; a database may as well answer with the empty list.
    agrees: (_call, ret, recorded) => equalJson(emptied(ret), emptied(recorded)),
    readOnly: (call) => microOperations(call.value).every(([f]) => f === "r"),
    describe: (call, ret) => `txn ${JSON.stringify(ret ?? call.value)}`,
    describeState: (state) => `it holds ${canonicalJson(state)}`,
  };
}

function emptied(answer: Json): Json {
  if (!isArray(answer)) return answer;
  return answer.map((micro) => (isArray(micro) && isArray(micro[2] ?? null) && equalJson(micro[2]!, []) ? [micro[0]!, micro[1]!, null] : micro));
}

function refused(value: Json): HarnessError {
  return new HarnessError("HISTORY_MALFORMED", `${canonicalJson(value)} is no micro-operation ["r", key, null], ["w", key, value] or ["append", key, value] with a whole number as key`, {
    nextStep: `call f "txn" with a list of them`,
  });
}
