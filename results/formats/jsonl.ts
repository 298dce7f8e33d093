import type { OpInput } from "../../harness/history.ts";
import { NEMESIS } from "../../harness/ids.ts";
import { isObject, type Json } from "../../harness/json.ts";
import { parseExact } from "./exact-json.ts";
import { guessKind, type HistoryFormat, type RecordedHistory, RecordedOps } from "./format.ts";
import { shorten } from "./jepsen-edn.ts";

/**
 * Our own form, `history.jsonl`: one op a line, appended while the run goes on.
 *
 *     {"index":0,"process":0,"type":"invoke","f":"write","value":3,"timeNs":18000}
 *     {"index":1,"process":"nemesis","type":"info","f":"isolate","value":"n1","timeNs":25000}
 *
 * `index` may be left out, and otherwise counts the lines from 0; `timeNs` may be left out; `error` belongs to
 * completions. A file that ends in the middle of a line is a run that was killed: its whole lines stay readable.
 */
export const jsonl: HistoryFormat = {
  name: "jsonl",
  summary: "our own history.jsonl: one JSON object per op and line",
  detect: (head) => /^\s*\{\s*"/.test(head),
  parse(bytes, options): RecordedHistory {
    const ops = new RecordedOps(options, { strict: true });
    let number = 0;
    for (let start = 0; start < bytes.length; ) {
      number++;
      const newline = bytes.indexOf(0x0a, start);
      const end = newline < 0 ? bytes.length : newline;
      const text = decoder.decode(bytes.subarray(start, end));
      start = end + 1;
      if (text.trim() === "") continue;
      let value: Json;
      try {
        value = parseExact(text);
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        // A killed run leaves a line without its end; any other broken line is damage.
        if (newline < 0) ops.cutTail(number, `it reads ${JSON.stringify(shorten(text))}`);
        else throw ops.malformed(number, `the line is no JSON: ${what}`);
        continue;
      }
      const line = number;
      ops.push(opOf(ops, value, line), () => line);
    }
    const history = ops.finish();
    return { history, format: "jsonl", kind: guessKind(history), nullReads: "observed", absent: null, notes: ops.notes };
  },
};

const decoder = new TextDecoder("utf-8");

function opOf(ops: RecordedOps, value: Json, line: number): OpInput {
  const wrong = (what: string, got: Json | undefined): Error => ops.malformed(line, `${what}, not ${shorten(JSON.stringify(got ?? null))}`);
  if (!isObject(value)) throw wrong("an op is an object", value);
  const { index, process, type, f, timeNs, error } = value;
  if (index !== undefined && index !== ops.length) throw wrong(`"index" counts the ops, so here it is ${ops.length}`, index);
  if (type !== "invoke" && type !== "ok" && type !== "fail" && type !== "info") throw wrong(`"type" is invoke, ok, fail or info`, type);
  if (typeof f !== "string" || f === "") throw wrong(`"f" is a function's name`, f);
  if (process !== "nemesis" && !(typeof process === "number" && Number.isInteger(process) && process >= 0 && process < 2 ** 31)) {
    throw wrong(`"process" is a number or "nemesis"`, process);
  }
  if (timeNs !== undefined && !(typeof timeNs === "number" && Number.isInteger(timeNs) && timeNs >= -1)) {
    throw wrong(`"timeNs" is an integer of nanoseconds`, timeNs);
  }
  return {
    process: process === "nemesis" ? NEMESIS : process,
    type,
    f,
    value: value["value"] ?? null,
    ...(timeNs === undefined ? {} : { timeNs }),
    ...(error === undefined || type === "invoke" ? {} : { error }),
  };
}
