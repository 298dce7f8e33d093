import { NEMESIS } from "../../harness/ids.ts";
import { isObject, type Json } from "../../harness/json.ts";
import type { OpInput } from "../../harness/history.ts";
import type { OpType } from "../../harness/op.ts";
import { EdnError, EdnReader } from "./edn.ts";
import { guessKind, type HistoryFormat, LineCounter, type ParseOptions, type RecordedHistory, RecordedOps } from "./format.ts";

/**
 * Jepsen's `history.edn`: one map per op, one after the other or all in one vector or list.
 *
 *     {:index 0, :time 99908, :process 0, :type :invoke, :f :read, :value nil}
 *     {:index 1, :time 250883, :process 0, :type :ok, :f :read, :value 3}
 *
 * `:process :nemesis` is the nemesis; `:time` is in nanoseconds; a missing `:value` is null. `:fail` did not happen.
 * `:index` may have gaps, and must grow. Other keys than these and `:error` are left out (`:key` has a meaning in Porcupine's logs only).
 */
export const jepsenEdn: HistoryFormat = {
  name: "jepsen-edn",
  summary: "Jepsen's history.edn: one EDN map per op, bare or in one vector",
  detect: (head) => /^\s*(?:;[^\n]*\n\s*)*[[(]?\s*(?:;[^\n]*\n\s*)*(?:#[\w.]+)?\{\s*:/.test(head) && !/:key[\s,]/.test(firstMap(head)),
  parse(bytes, options): RecordedHistory {
    const ops = new RecordedOps(options, { strict: false });
    eachEdnOp(bytes, ops, options, (map, line) => pushOp(ops, map, (value) => value, line));
    const history = ops.finish();
    return { history, format: "jepsen-edn", kind: guessKind(history), nullReads: "unknown", absent: null, notes: ops.notes };
  },
};

/** The text of the first map of a file, roughly: up to the first closing brace. */
export function firstMap(head: string): string {
  const end = head.indexOf("}");
  return end < 0 ? head : head.slice(0, end);
}

/** Calls `take` with each op's map, bare or inside one vector; handles cut tails and unbalanced text. */
export function eachEdnOp(
  bytes: Uint8Array,
  ops: RecordedOps,
  options: ParseOptions,
  take: (map: { readonly [key: string]: Json }, line: () => number) => void,
): void {
  const lines = new LineCounter(bytes);
  const reader = new EdnReader(bytes);
  let start = 0;
  const line = (): number => lines.at(start);
  let close = 0;
  let closed = false;
  try {
    while (reader.more()) {
      start = reader.position;
      const code = reader.peek();
      if (closed) throw ops.malformed(line(), "something follows the vector of ops");
      if (close === 0 && ops.length === 0 && (code === 0x5b || code === 0x28)) {
        close = code === 0x5b ? 0x5d : 0x29;
        reader.position++;
        continue;
      }
      if (close !== 0 && code === close) {
        reader.position++;
        closed = true;
        continue;
      }
      const value = reader.value();
      if (!isObject(value)) throw ops.malformed(line(), `an op is a map, not ${shorten(JSON.stringify(value))}`);
      take(value, line);
    }
  } catch (error) {
    if (!(error instanceof EdnError)) throw error;
    if (!error.cut) throw ops.malformed(lines.at(error.offset), error.message);
    ops.cutTail(lines.at(start), error.message);
    return;
  }
  if (close !== 0 && !closed) ops.cutTail(lines.at(bytes.length), `the vector of ops is not closed`);
}

/** Checks one op's map and appends it; `shape` makes the op's value of the map's. */
export function pushOp(
  ops: RecordedOps,
  map: { readonly [key: string]: Json },
  shape: (value: Json, type: OpType) => Json,
  line: () => number,
): void {
  const type = map["type"];
  if (type !== "invoke" && type !== "ok" && type !== "fail" && type !== "info") {
    throw ops.malformed(line(), `:type is one of :invoke, :ok, :fail, :info, not ${shorten(JSON.stringify(type ?? null))}`);
  }
  // Elle's own examples leave it out: a list of lists can only be a transaction.
  const f = map["f"] ?? (isTransaction(map["value"]) ? "txn" : undefined);
  if (typeof f !== "string") throw ops.malformed(line(), `:f is a keyword, not ${shorten(JSON.stringify(f ?? null))}`);
  const given = map["process"];
  let process: number;
  if (given === "nemesis") process = NEMESIS;
  else if (typeof given === "number" && Number.isInteger(given) && given >= 0 && given < 2 ** 31) process = given;
  else throw ops.malformed(line(), `:process is a number or :nemesis, not ${shorten(JSON.stringify(given ?? null))}`);
  const index = map["index"];
  if (typeof index === "number") ops.numbered(index, line);
  const time = instant(map["time"]);
  if (time !== undefined && time !== null && !(typeof time === "number" && Number.isInteger(time))) {
    throw ops.malformed(line(), `:time is an integer of nanoseconds, not ${shorten(JSON.stringify(time))}`);
  }
  const error = map["error"];
  const op: OpInput = {
    process,
    type,
    f,
    value: shape(map["value"] ?? null, type),
    ...(typeof time === "number" ? { timeNs: time } : {}),
    ...(error !== undefined && error !== null && type !== "invoke" ? { error } : {}),
  };
  ops.push(op, line);
}

/** Nanoseconds since 1970 are more than a double holds exactly; an instant is only shown, so the nearest one does. */
function instant(time: Json | undefined): Json | undefined {
  return typeof time === "string" && /^\d+$/.test(time) ? Number(time) : time;
}

function isTransaction(value: Json | undefined): boolean {
  return Array.isArray(value) && value.every((member) => Array.isArray(member));
}

/** A value in an error message, at most 80 characters of it. */
export function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

