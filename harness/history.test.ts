import { describe, expect, it } from "vitest";
import { type History, HistoryBuilder, historyOf, nextFreeProcess, type OpInput } from "./history.ts";
import { NEMESIS, seed } from "./ids.ts";
import { equalJson, type Json } from "./json.ts";
import { Random } from "./random.ts";

const invoke = (process: number, f: string, value: Json = null): OpInput => ({ process, type: "invoke", f, value });
const ok = (process: number, f: string, value: Json = null): OpInput => ({ process, type: "ok", f, value });

describe("a history", () => {
  const history = historyOf([
    invoke(0, "write", 1),
    { process: NEMESIS, type: "info", f: "isolate", value: "n1" },
    invoke(1, "read"),
    ok(1, "read", 1),
    { process: 0, type: "info", f: "write", value: 1, error: ["timeout"] },
    invoke(2, "read"),
  ]);

  it("pairs invocations with completions, and leaves open ones and the nemesis alone", () => {
    expect([...history.pairs]).toEqual([4, -1, 3, 2, 0, -1]);
    expect([...history.operations()].map(({ invocation, completion }) => [invocation.f, completion?.type])).toEqual([
      ["write", "info"],
      ["read", "ok"],
      ["read", undefined],
    ]);
    expect(history.operationCount).toBe(3);
  });

  it("gives each op back as it was, with its index; an unknown time is -1", () => {
    expect(history.at(4)).toEqual({ index: 4, process: 0, type: "info", f: "write", value: 1, timeNs: -1, error: ["timeout"] });
    expect(() => history.at(6)).toThrow("op index 6 is within 0..5");
  });

  it("keeps or drops an operation whole when it is filtered", () => {
    const reads = history.filter(({ invocation }) => invocation.f === "read");

    expect([...reads].map((op) => `${op.process} ${op.type} ${op.f}`)).toEqual(["-1 info isolate", "1 invoke read", "1 ok read", "2 invoke read"]);
  });

  it("knows a process that is free", () => {
    expect(nextFreeProcess(history)).toBe(3);
  });
});

describe("a malformed history is refused with its place, and what was before stays", () => {
  it.each<[string, OpInput[], string]>([
    ["two open ops of one process", [invoke(0, "write"), invoke(0, "read")], "op 1: process 0 invokes read while its write (op 0) is still open"],
    ["a completion without its invocation", [ok(0, "read")], "op 0: process 0 completes read (ok) without an invocation"],
    ["a completion of another function", [invoke(0, "read"), ok(0, "write")], "op 1: process 0 completes write but had invoked read (op 0)"],
    ["a process that goes on after info", [invoke(0, "read"), { ...ok(0, "read"), type: "info" }, invoke(0, "read")], "op 2: process 0 invokes read after an operation of it ended in info"],
  ])("%s", (_, ops, message) => {
    const builder = new HistoryBuilder();

    expect(() => ops.forEach((op) => builder.push(op))).toThrow(message);
    expect(builder.build().length).toBe(ops.length - 1);
  });
});

describe("values", () => {
  const columnOf = (values: readonly Json[]): History => historyOf(values.flatMap((value) => [invoke(0, "write", value), ok(0, "write", value)]));

  it("share an id exactly when they are equal", () => {
    const values: Json[] = [0, 1, "1", true, false, null, "null", 1.5, -1, 4294967296, 3_000_000_000, 1e300, [], {}, [1], ["1"], { a: 1, b: 2 }, { b: 2, a: 1 }, "", 900, 1023, 1024, 1025, 5000, 100_000];
    const history = columnOf([...values, ...values.toReversed()]);

    for (let i = 0; i < history.length; i++) {
      for (let j = 0; j < history.length; j++) {
        expect(history.values[i] === history.values[j]).toBe(equalJson(history.at(i).value, history.at(j).value));
      }
    }
    expect([...history].map((op) => op.value)).toEqual([...values, ...values.toReversed()].flatMap((value) => [value, value]));
  });

  it("that are lists of lists, as transactions are, come back as they were without being compared", () => {
    const values: Json[] = [[], [["r", "x", null]], [["r", "x", null]], [["append", "x", 1], ["r", "y", [1, 2]]]];

    expect([...columnOf(values)].map((op) => op.value)).toEqual(values.flatMap((value) => [value, value]));
  });

  it("of random numbers, dense and sparse, come back as they were", () => {
    const text = "values";
    const random = new Random(seed(text));
    const values = Array.from({ length: 20_000 }, () => random.pick([random.int(100), random.int(30_000), random.int(1e9), random.int(1e9) / 3, -1 - random.int(50)]));

    const history = columnOf(values);

    expect([...history].map((op) => op.value), `seed ${text}`).toEqual(values.flatMap((value) => [value, value]));
    expect(history.valueTable.length, `seed ${text}`).toBe(new Set(values).size);
  });

  it("of many different numbers each get their own id", () => {
    const builder = new HistoryBuilder();
    const count = 300_000;
    for (let i = 0; i < count; i++) builder.push(invoke(i, "write", i));

    expect(builder.build().valueTable.length).toBe(count);
  });
});
