import { describe, expect, it } from "vitest";
import { type History, historyOf, type OpInput } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { Random } from "../../harness/random.ts";
import { checkElle } from "./elle.ts";
import { isTableSerializable } from "./testing/table-brute-force.ts";
import { simulateTable } from "./testing/table.ts";

/** Transactions of a process each; the first alone, if it is an init, the others all at once. */
function concurrent(...transactions: readonly Json[]): History {
  const op = (type: "invoke" | "ok", value: Json, process: number): OpInput => ({ process, type, f: Array.isArray(value) ? "txn" : "init", value });
  const [first, ...others] = transactions;
  const alone = !Array.isArray(first);
  const together = alone ? others : transactions;
  return historyOf([...(alone ? [op("invoke", first!, 0), op("ok", first!, 0)] : []), ...together.map((value, i) => op("invoke", value, i + 1)), ...together.map((value, i) => op("ok", value, i + 1))]);
}

const types = (history: History, model = "serializable"): readonly string[] => checkElle(history, "closed-predicate", { models: [model] }).types;

describe("predicate reads", () => {
  it.each<[string, readonly string[], readonly Json[]]>([
    ["two inserts, each after a look at an empty table: a phantom", ["G2"], [[["rp", "true", {}], ["insert", "x", 1]], [["rp", "true", {}], ["insert", "y", 2]]]],
    ["the second insert saw the first", [], [[["rp", "true", {}], ["insert", "x", 1]], [["rp", "true", { x: 1 }], ["insert", "y", 2]]]],
    ["one sees the other's insert, and a third the other way round", ["G-nonadjacent"], [[["insert", "x", 1]], [["insert", "y", 2]], [["rp", "true", { x: 1 }]], [["rp", "true", { y: 2 }]]]],
    ["each sees the other's insert", ["G1c"], [[["insert", "x", 1], ["rp", "true", { x: 1, y: 2 }]], [["insert", "y", 2], ["rp", "true", { x: 1, y: 2 }]]]],
    ["each sees the other's delete", ["G1c"], [{ x: 0, y: 0 }, [["delete", "x"], ["rp", "true", {}]], [["delete", "y"], ["rp", "true", {}]]]],
    ["neither sees the other's delete", ["G2"], [{ x: 0, y: 0 }, [["delete", "x"], ["rp", "true", { y: 0 }]], [["delete", "y"], ["rp", "true", { x: 0 }]]]],
    ["a value leaves the predicate unseen", ["G2"], [{ x: 0, y: 0 }, [["rp", ["=", 1], {}], ["w", "x", 1]], [["rp", ["=", 1], {}], ["w", "y", 1]]]],
    ["what matches in every version was not returned", ["predicate-read-miss"], [{ x: 3 }, [["rp", ["mod", 2, 1], {}], ["rp", ["=", 3], {}]], [["r", "x", 3]]]],
    ["its own insert was not returned", ["predicate-read-miss"], [[["insert", "x", 1], ["rp", "true", {}]], [["r", "x", null]]]],
    ["the remainder has the divisor's sign", [], [{ x: -1 }, [["rp", ["mod", 3, 2], { x: -1 }]]]],
    ["read by key and by predicate, with two answers", ["internal"], [{ x: 0 }, [["r", "x", 0], ["rp", "true", { x: 1 }]], [["w", "x", 1]]]],
    ["deleted, and read as if it had never been there: nothing to conclude", ["empty-transaction-graph"], [[["insert", "x", 1]], [["delete", "x"]], [["r", "x", null]]]],
    ["seen though deleted, by one who saw what the deleter inserted", ["G-single"], [{ x: 1 }, [["delete", "x"], ["insert", "y", 2]], [["rp", "true", { x: 1, y: 2 }]]]],
    ["seen though deleted, but perhaps the deletion came before the insertion", [], [[["insert", "x", 1]], [["delete", "x"], ["insert", "y", 2]], [["rp", "true", { x: 1, y: 2 }]]]],
  ])("%s", (_, expected, transactions) => {
    expect(types(concurrent(...transactions))).toEqual(expected);
  });

  it("a phantom is repeatable read: no item was read twice or written over", () => {
    const phantom = concurrent([["rp", "true", {}], ["insert", "x", 1]], [["rp", "true", {}], ["insert", "y", 2]]);

    expect(types(phantom, "repeatable-read")).toEqual([]);
    expect(checkElle(phantom, "closed-predicate", { models: ["serializable"] })).toMatchObject({ valid: false, not: ["serializable"] });
    expect(checkElle(phantom, "closed-predicate", { models: ["serializable"] }).findings.kept("G2")[0]!.explain()).toBe(
      "T1 < T2: T1 saw y = nothing yet by true, not yet 2, which T2 wrote; T2 < T1: T2 saw x = nothing yet by true, not yet 1, which T1 wrote. So T1 would precede itself",
    );
  });

  it.each([
    ["written twice", [[["w", "x", 1]], [["w", "x", 1]]], /op 3: writes 1 to x, as op 2 did before/],
    ["deleted twice", [[["delete", "x"]], [["delete", "x"]]], /op 3: deletes x, as op 2 did before/],
    ["asked for by an unknown predicate", [[["rp", ["<", 3], { x: 1 }]], [["w", "x", 1]]], /op 2: the predicate \["<",3\] is none of true, \[= value\], \[mod divisor remainder\]/],
    ["given as no map", [[["rp", "true", 3]], [["w", "x", 1]]], /op 2: a predicate read gave 3, not a map/],
  ] as const)("%s: refused with the operation named", (_, transactions, message) => {
    expect(() => types(concurrent(...(transactions as readonly Json[])))).toThrow(message);
  });
});

describe("simulated tables", () => {
  it("serializable ones are never flagged", () => {
    for (let i = 0; i < 150; i++) {
      const name = `table-${i}`;
      const history = simulateTable({ level: "serializable", transactions: 20, random: new Random(seed(name)) });

      expect(types(history, "strict-serializable"), name).toEqual([]);
    }
  });

  it("ones whose predicates see an older table have phantoms, and nothing that repeatable read forbids", () => {
    let phantoms = 0;
    for (let i = 0; i < 60; i++) {
      const name = `phantoms-${i}`;
      const history = simulateTable({ level: "repeatable-read", transactions: 20, random: new Random(seed(name)) });

      if (types(history).length > 0) phantoms++;
      expect(types(history, "repeatable-read"), name).toEqual([]);
    }
    expect(phantoms).toBeGreaterThan(20);
  });

  it("what is flagged in small ones has no order at all", () => {
    let flagged = 0;
    for (let i = 0; i < 400; i++) {
      const name = `small-table-${i}`;
      const history = simulateTable({ level: "repeatable-read", transactions: 5, random: new Random(seed(name)) });
      if (types(history).length === 0) continue;
      flagged++;

      expect(isTableSerializable(history), name).toBe(false);
    }
    expect(flagged).toBeGreaterThan(10);
  });
});
