import { HarnessError } from "../../../harness/errors.ts";
import { canonicalJson, isArray, type Json } from "../../../harness/json.ts";
import type { Call } from "../../../harness/op.ts";

/**
 * What a call asks of a store of keys or of a set, whatever its object calls it:
 *
 *     read, write v, cas [from, to]                of a register    get, put, compare-and-set of one key
 *     get k, put [k, v], delete k, cas [k, f, t]   of a kv          the same on a key of one's own
 *     add v, read                                  of a set         add, elements
 *
 * Absence is null, and storing null is a deletion.
 */
export type Access =
  | { readonly kind: "get"; readonly key: string }
  | { readonly kind: "put"; readonly key: string; readonly value: Json }
  | { readonly kind: "compare-and-set"; readonly key: string; readonly from: Json; readonly to: Json }
  | { readonly kind: "add"; readonly value: Json }
  | { readonly kind: "elements" };

/** `object`: the workload's, since a register and a set both have a `read`. `CLIENT_FAILED` for calls that no object here has. */
export function accessOf({ f, value }: Call, object: string): Access {
  if (object === "grow-only-set") {
    if (f === "add") return { kind: "add", value };
    if (f === "read") return { kind: "elements" };
  }
  if (f === "read") return { kind: "get", key: registerKey };
  if (f === "write") return { kind: "put", key: registerKey, value };
  if (f === "cas" && isArray(value) && value.length === 2) return { kind: "compare-and-set", key: registerKey, from: value[0]!, to: value[1]! };
  if (f === "get") return { kind: "get", key: keyOf(value) };
  if (f === "put" && isArray(value) && value.length === 2) return { kind: "put", key: keyOf(value[0]!), value: value[1]! };
  if (f === "delete") return { kind: "put", key: keyOf(value), value: null };
  if (f === "cas" && isArray(value) && value.length === 3) return { kind: "compare-and-set", key: keyOf(value[0]!), from: value[1]!, to: value[2]! };
  throw new HarnessError("CLIENT_FAILED", `a client of a ${object} cannot do ${f} ${JSON.stringify(value)}`, { nextStep: "choose a workload that `rashomon list systems` names for the system" });
}

const registerKey = "register";

/** Letters, digits, dash and underscore only: every store takes them. Plain values stay readable, others are in hexadecimal digits. */
function keyOf(value: Json): string {
  // Nearly all keys are whole numbers, whose texts are plain.
  if (Number.isSafeInteger(value)) return `kv-${String(value)}`;
  const text = canonicalJson(value);
  return plain.test(text) ? `kv-${text}` : `kvx-${Buffer.from(text).toString("hex")}`;
}
const plain = /^[\w-]+$/;
