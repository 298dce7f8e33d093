import { unreachable } from "../../harness/assert.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { History } from "../../harness/history.ts";
import { isArray, type Json } from "../../harness/json.ts";
import type { Op } from "../../harness/op.ts";

/**
 * Our histories in the forms of others, so that Knossos, Elle and Porcupine can be asked for a second opinion.
 *
 *     knossos     one EDN map per op, as Jepsen's history.edn
 *     elle        the same, of transactions: [:append k v], [:r k [v …]], [:w k v], [:rp [:= v] {k v}]
 *     porcupine   the kv logs of Porcupine's tests: get, put and append of texts by key
 */
export type ExportName = "knossos" | "elle" | "porcupine";
export const exportNames: readonly ExportName[] = ["knossos", "elle", "porcupine"];

/** The history as text of that form. Throws `HarnessError` where the form cannot say it. O(ops). */
export function exportHistory(history: History, form: ExportName): string {
  switch (form) {
    case "knossos":
      return knossos(history);
    case "elle":
      return elle(history);
    case "porcupine":
      return porcupine(history);
    default:
      return unreachable(form);
  }
}

function knossos(history: History): string {
  const lines: string[] = [];
  for (const op of history) {
    // Knossos knows a refused cas as a failure, and a cas that succeeded by its arguments.
    const refused = op.type === "ok" && op.f === "cas" && op.value === false;
    const succeeded = op.type === "ok" && op.f === "cas" && op.value === true;
    const value = refused || succeeded ? history.valueTable[history.values[history.pairs[op.index]!]!]! : op.value;
    lines.push(jepsenOp(op, refused ? "fail" : op.type, edn(value)));
  }
  return textOf(lines);
}

function elle(history: History): string {
  const lines: string[] = [];
  for (const op of history) {
    const micro = op.process < 0 || op.f !== "txn" ? undefined : op.value;
    lines.push(jepsenOp(op, op.type, micro !== undefined && micro !== null && isArray(micro) ? `[${micro.map((one) => microOperation(one, op)).join(" ")}]` : edn(op.value)));
  }
  return textOf(lines);
}

/** A micro-operation's function and a predicate's are keywords; keys and values stay as they are. */
function microOperation(micro: Json, op: Op): string {
  const [f, key, ...values] = isArray(micro) ? micro : [];
  if (typeof f !== "string" || key === undefined) throw unsayable(`the op ${op.index}, ${op.type} ${op.f}`, "Elle", `knows only micro-operations, and this holds ${JSON.stringify(micro)}`);
  const predicate = isArray(key) && typeof key[0] === "string" ? `[:${key[0]}${key.slice(1).map((argument) => ` ${edn(argument)}`).join("")}]` : undefined;
  return `[:${f} ${f === "rp" ? (predicate ?? (typeof key === "string" ? `:${key}` : edn(key))) : edn(key)}${values.map((value) => ` ${edn(value)}`).join("")}]`;
}

/** One op as Jepsen writes it, `value` being EDN already. */
function jepsenOp(op: Op, type: string, value: string): string {
  if (!/^[A-Za-z*!_?$%&=<>.+-][\w*!?$%&=<>.+#:/-]*$/.test(op.f)) throw unsayable(`the op ${op.index}, ${op.type} ${JSON.stringify(op.f)}`, "Jepsen", "knows functions by keywords, and this is none");
  const process = op.process < 0 ? ":nemesis" : String(op.process);
  const time = op.timeNs < 0 ? "" : `, :time ${op.timeNs}`;
  const error = op.type !== "invoke" && op.error !== undefined ? `, :error ${edn(op.error)}` : "";
  return `{:index ${op.index}${time}, :process ${process}, :type :${type}, :f :${op.f}, :value ${value}${error}}`;
}

function textOf(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function porcupine(history: History): string {
  const lines: string[] = [];
  for (const op of history) {
    if (op.process < 0) continue;
    const place = `the op ${op.index}, ${op.type} ${op.f}`;
    if (op.f !== "get" && op.f !== "put" && op.f !== "append") throw unsayable(place, "Porcupine", "knows only get, put and append");
    const invoked = op.type === "invoke" ? op.value : history.valueTable[history.values[history.pairs[op.index]!]!]!;
    const [key, written] = op.f === "get" ? [invoked, null] : isArray(invoked) ? [invoked[0] ?? null, invoked[1] ?? null] : [null, null];
    if (op.type === "fail" || op.type === "info") throw unsayable(place, "Porcupine", "has no word for an operation that did not return");
    const value = op.f === "get" ? (op.type === "invoke" ? null : (op.value ?? "")) : written;
    if (typeof key !== "string" || !(value === null || typeof value === "string")) throw unsayable(place, "Porcupine", "knows only texts");
    lines.push(`{:process ${op.process}, :type :${op.type}, :f :${op.f}, :key ${edn(key)}, :value ${edn(value)}}`);
  }
  return textOf(lines);
}

function unsayable(place: string, form: string, why: string): HarnessError {
  return new HarnessError("USAGE", `${place}, cannot be written for ${form}: its form ${why}`, { nextStep: "choose another form, or keep only the operations that this one knows" });
}

/** Plain data as EDN: object keys become keywords where they can. */
function edn(value: Json): string {
  if (value === null) return "nil";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object") return String(value);
  if (isArray(value)) return `[${value.map(edn).join(" ")}]`;
  return `{${Object.entries(value)
    .map(([key, member]) => `${/^[A-Za-z][\w-]*$/.test(key) ? `:${key}` : JSON.stringify(key)} ${edn(member)}`)
    .join(", ")}}`;
}
