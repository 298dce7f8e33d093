import { describe, expect, it } from "vitest";
import { HarnessError } from "../../harness/errors.ts";
import type { History } from "../../harness/history.ts";
import { formats, parseHistory, readHistory, type ReadOptions } from "./formats.ts";
import type { RecordedHistory } from "./format.ts";

const recorded = (text: string, options: ReadOptions = {}): RecordedHistory => parseHistory(new TextEncoder().encode(text), { file: "h", ...options });
const ops = (history: History): string[] =>
  [...history].map((op) => `${op.process} ${op.type} ${op.f} ${JSON.stringify(op.value)}${op.type !== "invoke" && op.error !== undefined ? ` !${JSON.stringify(op.error)}` : ""}`);
const refusal = (text: string, options: ReadOptions = {}): string => {
  try {
    recorded(text, options);
    return "accepted";
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    return `${error.code} ${error.message}`;
  }
};

const edn = `{:index 0, :time 10, :process 0, :type :invoke, :f :write, :value 1}
{:index 1, :time 20, :process :nemesis, :type :info, :f :start, :value nil}
{:index 2, :time 30, :process 0, :type :ok, :f :write, :value 1}
`;
const log = "INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\nINFO  jepsen.util - 0\t:fail\t:cas\t[1 2]\nINFO  jepsen.core - Run complete\n";
const kv = `{:process 0, :type :invoke, :f :append, :key "0", :value "x"}
{:process 0, :type :ok, :f :append, :key "0", :value "x"}
{:process 0, :type :invoke, :f :get, :key "0", :value nil}
{:process 0, :type :ok, :f :get, :key "0", :value "x"}
`;
const jsonl = `{"index":0,"process":0,"type":"invoke","f":"write","value":1,"timeNs":5}
{"index":1,"process":"nemesis","type":"info","f":"isolate","value":"n1","timeNs":6}
{"index":2,"process":0,"type":"info","f":"write","value":1,"timeNs":7,"error":"timeout"}
`;

describe("a history's form is found by its beginning", () => {
  it.each([
    ["jepsen-edn", edn],
    ["jepsen-edn", `[${edn}]`],
    ["jepsen-edn", `; a comment\n(${edn})`],
    ["jepsen-edn", `#jepsen.history.Op${edn}`],
    ["jepsen-log", log],
    ["jepsen-log", `2024-01-01 00:00:00,000{GMT}\tINFO\t[jepsen worker 0] jepsen.util: 3\t:invoke\t:read\tnil\n`],
    ["porcupine-kv", kv],
    ["jsonl", jsonl],
    ["jsonl", ""],
  ])("%s", (format, text) => {
    expect(recorded(text).format).toBe(format);
  });

  it("none fits: the beginning is shown and the forms are named", () => {
    expect(refusal("INFO starting\nINFO done\n", { format: "jepsen-log" })).toBe("HISTORY_MALFORMED h:1: no line of it holds an op");
    expect(() => parseHistory(new Uint8Array([0x1f, 0x8b, 8, 0]), { file: "h" })).toThrow("h is compressed by gzip");
    expect(() => parseHistory(new Uint8Array([0xff, 0xfe, 0x7b, 0]), { file: "h" })).toThrow("h is written in UTF-16");
    expect(refusal("hello\nworld")).toBe(`FORMAT_UNKNOWN h begins with "hello", which is no form that we read`);
  });

  it("every format has a name of its own and a summary", () => {
    expect(new Set(formats.map((format) => format.name)).size).toBe(formats.length);
    expect(formats.every((format) => format.summary.length > 10)).toBe(true);
  });

  it("a file that is not there is unreadable", async () => {
    await expect(readHistory("/nowhere/history.edn")).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  });
});

describe("what the forms say", () => {
  it("EDN: nemesis, times, values", () => {
    const { history, kind } = recorded(edn);

    expect(ops(history)).toEqual(["0 invoke write 1", "-1 info start null", "0 ok write 1"]);
    expect([...history.times]).toEqual([10, 20, 30]);
    expect(kind).toBe("register");
  });

  it("EDN: transactions, errors, a process that goes on after info", () => {
    const { history, kind } = recorded(`[{:process 0 :type :invoke :f :txn :value [[:append 1 2] [:r 1 nil]]}
      {:process 0 :type :info :f :txn :value [[:append 1 2] [:r 1 nil]] :error [:timeout "slow"]}
      {:process 0 :type :invoke :f :txn :value [[:r 1 nil]]}
      {:process 0 :type :ok :f :txn :value [[:r 1 [2]]]}]`);

    expect(ops(history)).toEqual([
      '0 invoke txn [["append",1,2],["r",1,null]]',
      '0 info txn [["append",1,2],["r",1,null]] !["timeout","slow"]',
      '0 invoke txn [["r",1,null]]',
      '0 ok txn [["r",1,[2]]]',
    ]);
    expect(kind).toBe("txn");
  });

  it("log: a refused cas is an observation, a timed-out failure is unknown, other lines are passed over", () => {
    const { history, kind, notes } = recorded(
      `${log}INFO  jepsen.util - 1\t:invoke\t:read\tnil\nINFO  jepsen.util - 1\t:fail\t:read\t:timed-out\nINFO  jepsen.util - 2   :invoke :write  3\nINFO  jepsen.util - 2\t:info\t:write\t:timed-out\n`,
    );

    expect(ops(history)).toEqual([
      "0 invoke cas [1,2]",
      "0 ok cas false",
      "1 invoke read null",
      '1 info read null !"timed-out"',
      "2 invoke write 3",
      '2 info write null !"timed-out"',
    ]);
    expect(kind).toBe("cas-register");
    expect(notes).toEqual(["h: 1 line that hold no op were passed over"]);
  });

  it("log: a failure with an error did not happen", () => {
    expect(ops(recorded("0\t:invoke\t:cas\t[1 2]\n0\t:fail\t:cas\t[1 2]\t:no-leader\n").history)[1]).toBe('0 fail cas null !"no-leader"');
  });

  it("Porcupine kv: the key joins the value, an absent key reads as empty", () => {
    const { history, kind, absent } = recorded(kv);

    expect(ops(history)).toEqual(['0 invoke append ["0","x"]', '0 ok append ["0","x"]', '0 invoke get "0"', '0 ok get "x"']);
    expect([kind, absent, history.times[0]]).toEqual(["kv", "", -1]);
  });

  it("JSONL: nemesis, times, errors", () => {
    const { history } = recorded(jsonl);

    expect(ops(history)).toEqual(["0 invoke write 1", '-1 info isolate "n1"', '0 info write 1 !"timeout"']);
    expect([...history.times]).toEqual([5, 6, 7]);
  });

  it.each([edn, log, kv, jsonl])("a byte order mark and Windows line ends change nothing: %j", (text) => {
    const plain = recorded(text);
    const windows = recorded(`\uFEFF${text.replaceAll("\n", "\r\n")}`);
    expect([windows.format, ops(windows.history)]).toEqual([plain.format, ops(plain.history)]);
  });

  it("Jepsen's JSON, one op a line, is told from JSONL by its time, behind whatever value", () => {
    expect(recorded('{"process":0,"type":"invoke","f":"write","value":{"a":[{}]},"time":5}\n').format).toBe("jepsen-json");
  });

  it.each([
    ["JSONL", '{"process":0,"type":"invoke","f":"write","value":[9007199254740993,1e999,-1.50]}\n', ["9007199254740993", "1e999", -1.5]],
    ["Jepsen's JSON", '[{"process":0,"type":"invoke","f":"write","value":[-9007199254740993,9007199254740991]}]', ["-9007199254740993", 9007199254740991]],
    ["EDN", "{:process 0, :type :invoke, :f :write, :value [9007199254740993 9007199254740993N]}", ["9007199254740993", "9007199254740993"]],
  ])("a number that a double cannot hold stays text, so that different ones stay different: %s", (_form, text, value) => {
    expect(recorded(text).history.at(0).value).toEqual(value);
  });

  it("an instant may be one, since it is only shown", () => {
    expect(recorded('{"process":0,"type":"invoke","f":"read","timeNs":1790000000123456789}\n').history.times[0]).toBe(1790000000123456789);
    expect(recorded("{:process 0, :type :invoke, :f :read, :time 1790000000123456789}").history.times[0]).toBe(1790000000123456789);
  });

  it("sets that are equal are equal values, however they are written", () => {
    const [one, other] = ["#{3 10 1}", "#{10 1 3}"].map((set) => recorded(`{:process 0, :type :invoke, :f :write, :value ${set}}`).history.at(0).value);

    expect([one, other]).toEqual([[1, 3, 10], [1, 3, 10]]);
    expect(recorded('{:process 0, :type :invoke, :f :write, :value #{"b" [2] "a" nil}}').history.at(0).value).toEqual(["a", "b", [2], null]);
  });

  it("times that go backwards are said: the order of the ops counts", () => {
    const { history, notes } = recorded('{"process":0,"type":"invoke","f":"read","timeNs":9}\n{"process":1,"type":"invoke","f":"read","timeNs":8}\n{"process":2,"type":"invoke","f":"read","timeNs":7}\n');

    expect(notes).toEqual(["h:2: times go backwards here and at 1 more place; what counts is the order of the ops in the file"]);
    expect([...history.times]).toEqual([9, 8, 7]);
  });

  it.each([edn, log, kv, jsonl])("bytes that are no UTF-8 are refused with their line: %j", (text) => {
    const bytes = Buffer.concat([Buffer.from(text), Buffer.from('; "\xe9"\n', "latin1")]);
    const line = text.split("\n").length;

    expect(() => parseHistory(bytes, { file: "h" })).toThrow(`h:${line}: the line is not in UTF-8`);
  });

  it("completions alone are operations of one instant, when the caller says so", () => {
    expect(ops(recorded("{:process 0, :type :ok, :f :read, :value 1}", { completionsOnly: true }).history)).toEqual(["0 invoke read 1", "0 ok read 1"]);
  });
});

describe("a malformed history is refused with its line", () => {
  it.each([
    ["two open ops of one process", `${edn}{:process 1, :type :invoke, :f :read}\n{:process 1, :type :invoke, :f :read}\n`, /h:5: process 1 invokes read while its read \(op 3\) is still open/],
    ["a completion without invocation", `${edn}{:process 1, :type :ok, :f :read, :value 1}\n`, /h:4: process 1 completes read \(ok\) without an invocation/],
    ["another function completed", "0\t:invoke\t:read\tnil\n0\t:ok\t:write\t1\n", /h:2: process 0 completes write but had invoked read/],
    ["unbalanced EDN", `[{:process 0, :type :invoke, :f :read]}]`, /h:1: "\{" is closed by "\]"/],
    ["no map", `[{:process 0 :type :invoke :f :read}\n 3]`, /h:2: an op is a map, not 3/],
    ["something after the vector", `[{:process 0 :type :invoke :f :read}]\n{:process 1 :type :invoke :f :read}`, /h:2: something follows the vector/],
    ["a wrong type", `{:process 0, :type :begin, :f :read}`, /h:1: :type is one of :invoke, :ok, :fail, :info, not "begin"/],
    ["a process that is none", `{:process "x", :type :invoke, :f :read}`, /h:1: :process is a number or :nemesis, not "x"/],
    ["a time that is none", `{:process 0, :type :invoke, :f :read, :time "late"}`, /h:1: :time is an integer of nanoseconds/],
    ["a kv op without its key", `${kv}{:process 0, :type :invoke, :f :get}`, /h:5: the op has no :key/],
    ["a log line with an unknown type", "0\t:invoke\t:read\tnil\n0\t:okay\t:read\tnil\n", /h:2: the type is :invoke, :ok, :fail or :info, not ":okay"/],
    ["a log line without a value", "0\t:invoke\t:read\n1\t:invoke\t:read\tnil\n", /h:1: the op :read has no value/],
    ["a JSON line that is none", `${jsonl}{"process":0,\n{"process":0}\n`, /h:4: the line is no JSON/],
    ["JSONL with a wrong index", `{"index":4,"process":0,"type":"invoke","f":"read"}\n`, /h:1: "index" counts the ops, so here it is 0, not 4/],
    ["EDN whose index starts again, as two files in one have it", `${edn}${edn}`, /h:4: op 0 stands after op 2/],
    ["JSON whose ops are out of order", `[{"index":2,"process":0,"type":"invoke","f":"read"},\n{"index":1,"process":0,"type":"ok","f":"read","value":1}]`, /h:2: op 1 stands after op 2/],
    ["JSONL with a wrong type", `{"process":0,"type":"invoked","f":"read"}\n`, /h:1: "type" is invoke, ok, fail or info, not "invoked"/],
    ["JSONL whose process acts after info", `${jsonl}{"process":0,"type":"invoke","f":"read"}\n`, /h:4: process 0 invokes read after an operation of it ended in info/],
  ])("%s", (_, text, expected) => {
    expect(refusal(text)).toMatch(expected);
    expect(refusal(text)).toMatch(/^HISTORY_MALFORMED/);
  });

  it.each([
    ["EDN in the middle of a map", `${edn}{:process 1, :type :inv`, 4, 3],
    ["EDN in the middle of a string", `${edn}{:process 1, :type :invoke, :f :write, :value "ab`, 4, 3],
    ["EDN whose vector is not closed", `[${edn}`, 4, 3],
    ["a log", "0\t:invoke\t:read\tnil\n1\t:invo", 2, 1],
    ["a log in a value", "0\t:invoke\t:read\tnil\n1\t:invoke\t:cas\t[1 ", 2, 1],
    ["a log in its prefix", "INFO jepsen.util - 0\t:invoke\t:read\tnil\nINFO jepsen.util - 1", 2, 1],
    ["JSONL", `${jsonl}{"index":3,"process":1,"ty`, 4, 3],
  ])("a cut tail: %s names the line and the whole ops, and loses none when told to go on", (_, text, line, whole) => {
    expect(refusal(text)).toMatch(new RegExp(`^HISTORY_MALFORMED h:${line}: the last entry is cut .*${whole} whole ops? before it`));

    const rest = recorded(text, { tolerateCutTail: true });
    expect(rest.history.length).toBe(whole);
    expect(rest.notes.join()).toMatch(new RegExp(`h:${line}: the last entry is cut`));
  });
});
