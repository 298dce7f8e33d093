import { NEMESIS } from "../../harness/ids.ts";
import { isArray, type Json } from "../../harness/json.ts";
import type { OpType } from "../../harness/op.ts";
import { EdnError, EdnReader } from "./edn.ts";
import { guessKind, type HistoryFormat, type RecordedHistory, RecordedOps } from "./format.ts";
import { shorten } from "./jepsen-edn.ts";

/**
 * What Jepsen prints while a test runs: a logger's prefix, then process, type, function and value, apart by tabs or spaces.
 *
 *     INFO  jepsen.util - 2	:invoke	:cas	[3 0]
 *     INFO  jepsen.util - 2	:fail	:cas	[3 0]
 *     INFO  jepsen.util - 4	:info	:write	:timed-out
 *
 * Lines of other kinds are passed over and counted. The log tells less than `history.edn`, so three readings of it:
 * a `:fail :cas` without an error is an observation, the register did not hold the expected value (kept as `ok` with
 * value false); a `:fail` whose value is `:timed-out` is unknown, as every `:info` is; other failures did not happen.
 */
export const jepsenLog: HistoryFormat = {
  name: "jepsen-log",
  summary: "Jepsen's console log: prefix, process, type, f and value",
  detect: (head) => /^(?:[^\n]*[\s\]])?(?:\d+|:nemesis)[\t ]+:(?:invoke|ok|fail|info)[\t ]+:\S+/m.test(head),
  parse(bytes, options): RecordedHistory {
    const ops = new RecordedOps(options, { strict: false });
    let number = 0;
    let passedOver = 0;
    for (let start = 0; start < bytes.length; ) {
      number++;
      const newline = bytes.indexOf(0x0a, start);
      const end = newline < 0 ? bytes.length : newline;
      const text = decoder.decode(bytes.subarray(start, end)).replace(/\r$/, "");
      start = end + 1;
      if (text.trim() === "") continue;
      try {
        if (!pushLine(ops, text, number)) {
          if (newline < 0 && cutPrefix.test(text)) ops.cutTail(number, `it reads ${JSON.stringify(shorten(text))}`);
          else passedOver++;
        }
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        if (newline < 0 && error.cut) ops.cutTail(number, error.message);
        else throw ops.malformed(number, error.message);
      }
    }
    if (passedOver > 0 && ops.length === 0) throw ops.malformed(1, "no line of it holds an op", "check that it is the right file, or force another form with --format");
    if (passedOver > 0) ops.notes.push(`${options.file}: ${passedOver} line${passedOver === 1 ? "" : "s"} that hold no op were passed over`);
    const history = ops.finish();
    return { history, format: "jepsen-log", kind: guessKind(history), nullReads: "observed", absent: null, notes: ops.notes };
  },
};

/** The beginning of an op's line that breaks off before its second field. */
const cutPrefix = /jepsen\.util|(?:^|[\s\]])\d+\s?$/;
const decoder = new TextDecoder("utf-8");

class Unreadable extends Error {
  readonly cut: boolean;
  constructor(message: string, cut: boolean) {
    super(message);
    this.cut = cut;
  }
}

/** Appends the op of one line; false when the line holds none. */
function pushLine(ops: RecordedOps, text: string, number: number): boolean {
  const found = /(?:^|[\s\]])(\d+|:nemesis)[\t ]+:(\S*)(?:[\t ]+(.*))?$/.exec(text);
  if (found === null) return false;
  const [, who, typeText, rest] = found;
  const type = opType(typeText!, rest === undefined);
  const [, f, fields] = /^(\S*)(?:[\t ]+(.*))?$/.exec(rest ?? "")!;
  if (!f!.startsWith(":") || f!.length < 2) throw new Unreadable(`the function is a keyword, not ${JSON.stringify(f)}`, fields === undefined);
  if (fields === undefined || fields.trim() === "") throw new Unreadable(`the op ${f} has no value`, true);
  const { value, error } = valueAndError(fields);
  const process = who === ":nemesis" ? NEMESIS : Number(who);
  ops.push({ process, f: f!.slice(1), ...meaning({ type, f: f!.slice(1), value, error }) }, () => number);
  return true;
}

/** The value is EDN; what follows it is the error, as EDN where it is that, otherwise as text. */
function valueAndError(fields: string): { value: Json; error: Json | undefined } {
  const bytes = new TextEncoder().encode(fields);
  const reader = new EdnReader(bytes);
  let value: Json;
  try {
    value = reader.value();
  } catch (error) {
    if (error instanceof EdnError) throw new Unreadable(`${error.message} in ${JSON.stringify(shorten(fields))}`, error.cut);
    throw error;
  }
  const rest = decoder.decode(bytes.subarray(reader.position)).trim();
  if (rest === "") return { value, error: undefined };
  try {
    const following = new EdnReader(new TextEncoder().encode(rest));
    const error = following.value();
    return { value, error: following.more() ? rest : error };
  } catch (error) {
    if (error instanceof EdnError) return { value, error: rest };
    throw error;
  }
}

/** What a log line says about the op's end; see the essay above. */
function meaning(line: { type: OpType; f: string; value: Json; error: Json | undefined }): { type: OpType; value: Json; error?: Json } {
  const { type, f, value } = line;
  if (type === "invoke" || type === "ok") return { type, value };
  const error = line.error ?? (isArray(value) || typeof value !== "string" ? undefined : value);
  if (type === "fail" && f === "cas" && isArray(value) && line.error === undefined) return { type: "ok", value: false };
  if (type === "fail" && error === "timed-out") return { type: "info", value: null, error };
  return error === undefined ? { type, value } : { type, value: null, error };
}

function opType(text: string, last: boolean): OpType {
  if (text === "invoke" || text === "ok" || text === "fail" || text === "info") return text;
  const cut = last && ["invoke", "ok", "fail", "info"].some((name) => name.startsWith(text));
  throw new Unreadable(`the type is :invoke, :ok, :fail or :info, not ${JSON.stringify(`:${text}`)}`, cut);
}
