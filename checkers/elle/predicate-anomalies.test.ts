import { describe, expect, it } from "vitest";
import { historyOf, type OpInput } from "../../harness/history.ts";
import type { Json } from "../../harness/json.ts";
import { checkElle } from "./elle.ts";

/**
 * Histories of predicate reads, one line an operation: `process type transaction`. What is not yet or no longer visible
 * through a predicate is an anti-dependency (rwp), what is visible a dependency (wrp).
 */
type Line = readonly [process: number, type: OpInput["type"], value: Json];

const one = (process: number, value: Json, type: OpInput["type"] = "ok"): Line[] => [[process, "invoke", value], [process, type, value]];
/** All of them begin before any of them ends. */
const together = (...transactions: readonly (readonly [process: number, value: Json])[]): Line[] => [
  ...transactions.map(([process, value]): Line => [process, "invoke", value]),
  ...transactions.map(([process, value]): Line => [process, "ok", value]),
];
const types = (model: string, lines: readonly Line[]): readonly string[] =>
  checkElle(historyOf(lines.map(([process, type, value]) => ({ process, type, f: Array.isArray(value) ? "txn" : "init", value }))), "closed-predicate", { models: [model] }).types;

const init = one(9, { x: 0, y: 0 });
const ones = ["=", 1];
const twos = ["=", 2];
const insertX: Json = [["insert", "x", 1]];
const insertY: Json = [["insert", "y", 2]];

/** x and a reader of it are open all the time; y is inserted and, once that has ended, somebody reads. */
function laterReader(read: Json): readonly Line[] {
  const sawX: Json = [["rp", "true", { x: 1 }]];
  return [[0, "invoke", insertX], [1, "invoke", sawX], ...one(2, insertY), ...one(3, read), [0, "ok", insertX], [1, "ok", sawX]];
}

/** While one transaction is open, x is inserted, and then `process` does not see its y. */
function twoMisses(open: Json, process: number): readonly Line[] {
  return [[1, "invoke", open], ...one(0, insertX), ...one(process, [["rp", twos, {}]]), [1, "ok", open]];
}

describe.each<[name: string, model: string, has: readonly Line[], hasNot: readonly Line[]]>([
  ["G1a", "read-committed", [...init, ...one(0, [["w", "x", 1]], "fail"), ...one(1, [["rp", ones, { x: 1 }]])], [...init, ...one(0, [["w", "x", 1]]), ...one(1, [["rp", ones, { x: 1 }]])]],
  ["G1b", "read-committed", [...init, ...one(0, [["w", "x", 1], ["w", "x", 2]]), ...one(1, [["rp", ones, { x: 1 }]])], [...init, ...one(0, [["w", "x", 1], ["w", "x", 2]]), ...one(1, [["rp", twos, { x: 2 }]])]],
  ["internal", "read-atomic", [...init, ...one(0, [["w", "x", 1], ["rp", "true", { x: 0, y: 0 }]])], [...init, ...one(0, [["w", "x", 1], ["rp", "true", { x: 1, y: 0 }]])]],
  ["predicate-read-miss", "serializable", [...init, ...one(0, [["r", "x", 0], ["rp", ["=", 0], { y: 0 }]])], [...init, ...one(0, [["r", "x", 0], ["rp", ["=", 0], { x: 0, y: 0 }]])]],
  ["G1c", "read-committed", together([0, [["insert", "x", 1], ["rp", twos, { y: 2 }]]], [1, [["insert", "y", 2], ["rp", ones, { x: 1 }]]]), together([0, [["insert", "x", 1], ["rp", twos, {}]]], [1, [["insert", "y", 2], ["rp", ones, { x: 1 }]]])],
  ["G1c-process", "strong-session-read-committed", [...one(0, [["rp", ones, { x: 1 }]]), ...one(0, insertX)], together([0, [["rp", ones, { x: 1 }]]], [1, insertX])],
  ["G1c-realtime", "strong-read-committed", [...one(0, [["rp", ones, { x: 1 }]]), ...one(1, insertX)], together([0, [["rp", ones, { x: 1 }]]], [1, insertX])],
  ["G-single", "consistent-view", together([0, [["insert", "x", 1], ["insert", "y", 2]]], [1, [["rp", ones, { x: 1 }], ["rp", twos, {}]]]), together([0, [["insert", "x", 1], ["insert", "y", 2]]], [1, [["rp", ones, { x: 1 }], ["rp", twos, { y: 2 }]]])],
  ["G-single-process", "strong-session-serializable", [...one(0, insertX), ...one(0, [["rp", "true", {}]])], [...one(0, insertX), ...one(0, [["rp", "true", { x: 1 }]])]],
  ["G-single-realtime", "strict-serializable", [...one(0, insertX), ...one(1, [["rp", "true", {}]])], together([0, insertX], [1, [["rp", "true", {}]]])],
  ["G-nonadjacent", "snapshot-isolation", together([0, insertX], [1, insertY], [2, [["rp", "true", { x: 1 }]]], [3, [["rp", "true", { y: 2 }]]]), together([0, insertX], [1, insertY], [2, [["rp", "true", { x: 1 }]]], [3, [["rp", "true", { x: 1, y: 2 }]]])],
  ["G-nonadjacent-process", "strong-session-snapshot-isolation", [...together([0, insertX], [1, insertY]), ...together([0, [["rp", twos, {}]]], [1, [["rp", ones, {}]]])], [...together([0, insertX], [1, insertY]), ...together([0, [["rp", twos, {}]]], [1, [["rp", ones, { x: 1 }]]])]],
  ["G-nonadjacent-realtime", "strong-snapshot-isolation", laterReader([["rp", ones, {}]]), laterReader([["rp", ones, { x: 1 }]])],
  ["G2", "serializable", together([0, [["rp", "true", {}], ["insert", "x", 1]]], [1, [["rp", "true", {}], ["insert", "y", 2]]]), together([0, [["rp", "true", {}], ["insert", "x", 1]]], [1, [["rp", "true", { x: 1 }], ["insert", "y", 2]]])],
  ["G2-process", "strong-session-serializable", twoMisses([["rp", ones, {}], ["insert", "y", 2]], 0), twoMisses([["rp", ones, { x: 1 }], ["insert", "y", 2]], 0)],
  ["G2-realtime", "strict-serializable", twoMisses([["rp", ones, {}], ["insert", "y", 2]], 2), twoMisses([["rp", ones, { x: 1 }], ["insert", "y", 2]], 2)],
])("%s by a predicate", (name, model, has, hasNot) => {
  it("is found", () => {
    expect(types(model, has)).toContain(name);
  });

  it("is not found in the nearest history without it", () => {
    expect(types(model, hasNot).filter((type) => type !== "empty-transaction-graph")).toEqual([]);
  });
});

it("of items all of it is repeatable read's business, of predicates none", () => {
  const byItem = together([0, [["r", "x", null], ["insert", "y", 2]]], [1, [["r", "y", null], ["insert", "x", 1]]]);
  const byPredicate = together([0, [["rp", ones, {}], ["insert", "y", 2]]], [1, [["rp", twos, {}], ["insert", "x", 1]]]);

  expect(types("repeatable-read", byItem)).toEqual(["G2-item"]);
  expect(types("PL-2.99", byPredicate)).toEqual([]);
  expect(types("serializable", byPredicate)).toEqual(["G2"]);
});
