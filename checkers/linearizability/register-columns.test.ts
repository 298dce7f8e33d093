import { describe, expect, it } from "vitest";
import { type History, historyOf } from "../../harness/history.ts";
import type { Json } from "../../harness/json.ts";
import { casRegister, register } from "../../harness/objects/register.ts";
import { freshSeed } from "../../harness/random.ts";
import { surelyUniqueRegister } from "./register-columns.ts";
import { expectColumnsAreExact } from "./testing/column-agreement.ts";

/** `write 1` and its return, then a read of `answer`. */
function writeThenRead(written: Json, answer: Json): History {
  return historyOf([
    { process: 0, type: "invoke", f: "write", value: written },
    { process: 0, type: "ok", f: "write", value: null },
    { process: 1, type: "invoke", f: "read", value: null },
    { process: 1, type: "ok", f: "read", value: answer },
  ]);
}

describe("a register of unique values is judged from the columns", () => {
  it("where it is linearizable", () => {
    expect(surelyUniqueRegister(writeThenRead("a", "a"), register("0"))).toBe(true);
  });

  it("a crashed write that nobody read, a failed write and a crashed read say nothing", () => {
    const history = historyOf([
      { process: 0, type: "invoke", f: "write", value: 1 },
      { process: 0, type: "info", f: "write", value: 1 },
      { process: 1, type: "invoke", f: "write", value: 2 },
      { process: 1, type: "fail", f: "write", value: 2 },
      { process: 2, type: "invoke", f: "read", value: 0 },
      { process: 1, type: "invoke", f: "read", value: null },
      { process: 1, type: "ok", f: "read", value: 0 },
    ]);

    expect(surelyUniqueRegister(history, register(0))).toBe(true);
  });

  it.each<[string, boolean]>([
    ["a stale read", surelyUniqueRegister(writeThenRead("a", "0"), register("0"))],
    ["a value that is written twice", surelyUniqueRegister(writeThenRead("0", "0"), register("0"))],
    ["a list as a value", surelyUniqueRegister(writeThenRead([1], [1]), register("0"))],
  ])("and left to the usual way with %s", (_, answer) => {
    expect(answer).toBe(false);
  });

  it("a read of null tells nothing where the object says so", () => {
    expect(surelyUniqueRegister(writeThenRead(1, null), casRegister(0, { nullReads: "unknown" }))).toBe(true);
    expect(surelyUniqueRegister(writeThenRead(1, null), casRegister(0))).toBe(false);
  });

  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
  it(`which brute force says of 400 random histories, and of no others (seed ${base})`, () => {
    expectColumnsAreExact({ base, count: 400 });
  });
});
