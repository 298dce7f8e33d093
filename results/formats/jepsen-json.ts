import { isObject, type Json } from "../../harness/json.ts";
import { parseExact } from "./exact-json.ts";
import { guessKind, type HistoryFormat, LineCounter, type ParseOptions, type RecordedHistory, RecordedOps } from "./format.ts";
import { pushOp, shorten } from "./jepsen-edn.ts";

/**
 * Jepsen's history as JSON, as Elle-CLI and jepsen.history write it: one object an op, with Jepsen's members, in a list
 * or one after the other.
 *
 *     [{"index":0,"process":0,"type":"invoke","f":"txn","value":[["append",1,2],["r",1,null]],"time":5},
 *      {"index":1,"process":0,"type":"ok","f":"txn","value":[["append",1,2],["r",1,[2]]],"time":9}]
 *
 * `index` need only grow (Elle-CLI's begin with 1), and transactions need no `f`.
 */
export const jepsenJson: HistoryFormat = {
  name: "jepsen-json",
  summary: "Jepsen's history as JSON, also of Elle-CLI: one object per op, in a list or not",
  detect: (head) => /^\s*\[\s*(?:\{\s*"|\]\s*$)/.test(head) || /^\s*\{[^{}]*"time"\s*:/.test(head) || hasTime(head.trimStart().split("\n", 1)[0]!),
  parse(bytes, options): RecordedHistory {
    const ops = new RecordedOps(options, { strict: false });
    eachJsonObject(bytes, ops, options, (text, line) => {
      let value: Json;
      try {
        value = parseExact(text);
      } catch (error) {
        throw ops.malformed(line, `the op is no JSON: ${error instanceof Error ? error.message : String(error)}`);
      }
      if (!isObject(value)) throw ops.malformed(line, `an op is an object, not ${shorten(text)}`);
      pushOp(ops, value, (member) => member, () => line);
    });
    const history = ops.finish();
    return { history, format: "jepsen-json", kind: guessKind(history), nullReads: "observed", absent: null, notes: ops.notes };
  },
};

/** Whether a line is an op with Jepsen's name for its instant, behind whatever values. */
function hasTime(line: string): boolean {
  try {
    const op = JSON.parse(line) as Json;
    return isObject(op) && op["time"] !== undefined;
  } catch {
    return false;
  }
}

const quote = 0x22;
const backslash = 0x5c;

/** The text of each object at the top, or of one list around them all, with its line; a cut tail as the options say. O(bytes). */
function eachJsonObject(bytes: Uint8Array, ops: RecordedOps, options: ParseOptions, take: (text: string, line: number) => void): void {
  const lines = new LineCounter(bytes);
  const decoder = new TextDecoder("utf-8");
  let inList = false;
  let closed = false;
  let depth = 0;
  let start = 0;
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes[at]!;
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) continue;
    if (depth === 0) {
      if (closed) throw ops.malformed(lines.at(at), "something follows the list of ops");
      if (code === 0x2c && ops.length > 0) continue;
      if (code === 0x5b && !inList && ops.length === 0) inList = true;
      else if (code === 0x5d && inList) closed = true;
      else if (code === 0x7b) {
        start = at;
        depth = 1;
      } else throw ops.malformed(lines.at(at), `an op is an object, and this begins with ${JSON.stringify(String.fromCharCode(code))}`);
    } else if (code === quote) {
      do at += bytes[at] === backslash ? 2 : 1;
      while (at < bytes.length && bytes[at] !== quote);
    } else if (code === 0x7b || code === 0x5b) depth++;
    else if ((code === 0x7d || code === 0x5d) && --depth === 0) take(decoder.decode(bytes.subarray(start, at + 1)), lines.at(start));
  }
  if (depth > 0) ops.cutTail(lines.at(start), `it reads ${JSON.stringify(shorten(decoder.decode(bytes.subarray(start))))} in ${options.file}`);
  else if (inList && !closed) ops.cutTail(lines.at(bytes.length), "the list of ops is not closed");
}
