import { describe, expect, it } from "vitest";
import { HarnessError } from "../../harness/errors.ts";
import type { History } from "../../harness/history.ts";
import { parseHistory, type ReadOptions } from "./formats.ts";
import type { RecordedHistory } from "./format.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const recorded = (file: string | Uint8Array, options: ReadOptions = {}): RecordedHistory => parseHistory(typeof file === "string" ? bytes(file) : file, { file: "h", ...options });
const transactions = (history: History): string[] => [...history.operations()].map(({ invocation, completion }) => `${invocation.process} ${completion!.type} ${JSON.stringify(completion!.value)}`);
const refusal = (file: string | Uint8Array, options: ReadOptions = {}): string => {
  try {
    recorded(file, options);
    return "accepted";
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    return error.message;
  }
};

/** Two sessions: one writes 1 to register 0 and reads register 1 as it was at first, then reads its own; the other's write is rolled back. */
const plume = "w(0,1,4,10)\nr(1,0,4,10)\nr(0,1,4,11)\nw(1,2,7,-1)\n";
const awdit = "w 0 1\nr 1 0\n-----\nr 0 1\n=====\nw 1 2\n";
const dbcopText = "// session 1\n[x:=1 y==?] [x==1]\n---\n[y:=2]!\n";
const dbcopJson = JSON.stringify({
  params: { id: 0, n_node: 2, n_variable: 2, n_transaction: 2, n_event: 2 },
  info: "",
  data: [
    [
      { events: [{ Write: { variable: 0, version: 1 } }, { Read: { variable: 1, version: null } }], committed: true },
      { events: [["r", 0, 1]], committed: true },
    ],
    [{ events: [["w", 1, 2]], committed: false }],
  ],
});

/** `history.bincode` by its definition: numbers of 8 bytes, little endian; texts after their length. */
function bincode(sessions: readonly (readonly { readonly events: readonly (readonly [write: boolean, key: number, value: number, success: boolean])[]; readonly success: boolean }[])[]): Uint8Array {
  const out: number[] = [];
  const number = (value: number): void => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt(value), true);
    out.push(...new Uint8Array(view.buffer));
  };
  const text = (value: string): void => {
    number(value.length);
    out.push(...bytes(value));
  };
  for (const parameter of [0, 2, 2, 2, 2]) number(parameter);
  for (const part of ["by hand", "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:01+00:00"]) text(part);
  number(sessions.length);
  for (const session of sessions) {
    number(session.length);
    for (const { events, success } of session) {
      number(events.length);
      for (const [write, key, value, happened] of events) {
        out.push(Number(write));
        number(key);
        number(value);
        out.push(Number(happened));
      }
      out.push(Number(success));
    }
  }
  return new Uint8Array(out);
}
const binary = bincode([
  [
    { events: [[true, 0, 1, true], [false, 1, 0, true]], success: true },
    { events: [[false, 0, 1, true]], success: true },
  ],
  [{ events: [[true, 1, 2, true]], success: false }],
]);

describe("histories of sessions", () => {
  const committed = ['0 ok [["w",0,1],["r",1,null]]', '0 ok [["r",0,1]]'];
  it.each<[string, string | Uint8Array, readonly string[]]>([
    ["plume", plume, ['1 fail [["w",1,2]]', ...committed]],
    ["awdit", awdit, [...committed, '1 ok [["w",1,2]]']],
    ["dbcop-text", dbcopText, ['0 ok [["w","x",1],["r","y",null]]', '0 ok [["r","x",1]]', '1 fail [["w","y",2]]']],
    ["dbcop-json", dbcopJson, [...committed, '1 fail [["w",1,2]]']],
    ["dbcop-bincode", binary, [...committed, '1 fail [["w",1,2]]']],
  ])("%s is found by its content and read", (format, file, expected) => {
    const { history, ...about } = recorded(file);

    expect(about).toMatchObject({ format, kind: "txn", unordered: true, notes: [] });
    expect(transactions(history)).toEqual(expected);
  });

  it("0 is the initial value only where nobody wrote it", () => {
    expect(transactions(recorded("w 0 0\n=====\nr 0 0\nr 1 0\n").history)[1]).toBe('1 ok [["r",0,0],["r",1,null]]');
  });

  it("what failed within a transaction that did not is a failed transaction of its own", () => {
    const file = bincode([[{ events: [[true, 0, 1, true], [true, 1, 5, false]], success: true }]]);

    expect(transactions(recorded(file).history)).toEqual(['0 fail [["w",1,5]]', '0 ok [["w",0,1]]']);
  });

  it.each<[string, string | Uint8Array, ReadOptions, string]>([
    ["plume", "r(0,0,1,1)\nw(0,x,1,1)\nr(0,0,1,1)\n", {}, 'h:2: a line is r(key,value,session,transaction) or w(…), not "w(0,x,1,1)"'],
    ["plume", "r(0,0,1,1)\nr(0,0,2,1)\n", {}, "h:2: transaction 1 is of session 2 here and began in another on line 1"],
    ["plume, cut", "r(0,0,1,1)\nw(0,", {}, "h:2: the last entry is cut"],
    ["awdit", "w 0 1\nx 0 1\nw 0 2\n", {}, 'h:2: a line is r or w with a key and a value, dashes, or equals signs, not "x 0 1"'],
    ["dbcop-text", "[x:=1]\n[x:=?]\n[x==1]\n", {}, 'h:2: a line holds transactions as [x:=1 y==2 z==?], not "[x:=?]"'],
    ["dbcop-text, cut", "[x:=1]\n[x:=", {}, "h:2: the last entry is cut"],
    ["dbcop-json, cut", dbcopJson.slice(0, -10), {}, "h:1: the file is no JSON"],
    ["dbcop-json", '{"data": [[{"events": [["x", 0, 1]], "committed": true}]]}', {}, 'h:1: transaction 0 of session 0 holds ["x",0,1], which is neither a Read nor a Write'],
    ["dbcop-bincode, cut", binary.subarray(0, binary.length - 3), {}, "a list of 1 does not fit into the 16 bytes that are left"],
    ["dbcop-bincode, too long", new Uint8Array([...binary, 0]), {}, "1 bytes follow the last session"],
  ])("%s: what is wrong is refused with its place", (_, file, options, message) => {
    expect(refusal(file, options)).toContain(message);
  });
});

const op = (index: number, type: string, value: string): string => `{"index":${index},"process":0,"type":"${type}","value":${value},"time":${index}}`;
const jepsenJson = [op(1, "invoke", '[["append","x",1],["r","x",null]]'), op(2, "ok", '[["append","x",1],["r","x",[1]]]')];

describe("Jepsen's and Elle-CLI's JSON", () => {
  it.each([
    ["a list", `[${jepsenJson.join(",\n")}]`],
    ["one object a line", jepsenJson.join("\n")],
  ])("%s is found and read, without f and with indices from 1", (_, text) => {
    const { history, format, kind } = recorded(text);

    expect([format, kind, transactions(history)]).toEqual(["jepsen-json", "txn", ['0 ok [["append","x",1],["r","x",[1]]]']]);
  });

  it("Elle-CLI's EDN needs no f either", () => {
    const { history, kind } = recorded('{:index 1 :process 0 :type :invoke, :value [[:append "a}" 1]]}\n{:index 2 :process 0 :type :ok, :value [[:append "a}" 1]]}\n');

    expect([kind, transactions(history)]).toEqual(["txn", ['0 ok [["append","a}",1]]']]);
  });

  it.each([
    ["a broken op", `[${jepsenJson[0]!},\n${jepsenJson[1]!.replace('"ok"', "ok")}]`, "h:2: the op is no JSON"],
    ["a cut op", `[${jepsenJson[0]!},\n${jepsenJson[1]!.slice(0, 30)}`, "h:2: the last entry is cut"],
    ["a list that is not closed", `[${jepsenJson.join(",\n")}`, "h:2: the last entry is cut (the list of ops is not closed)"],
    ["something behind", `[${jepsenJson.join(",\n")}]\n7`, "h:3: something follows the list of ops"],
    ["no op", `[${jepsenJson[0]!},\n7]`, 'h:2: an op is an object, and this begins with "7"'],
    ["an unknown type", `[${jepsenJson[0]!.replace("invoke", "began")}]`, 'h:1: :type is one of :invoke, :ok, :fail, :info, not "began"'],
  ])("%s is refused with its line", (_, text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it("a cut tail may be left out", () => {
    const { history, notes } = recorded(`[${jepsenJson[0]!},\n${jepsenJson[1]!.slice(0, 30)}`, { tolerateCutTail: true });

    expect([history.length, notes.length]).toEqual([1, 1]);
  });
});
