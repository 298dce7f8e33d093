import { describe, expect, it } from "vitest";
import type { History } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import type { ElleResult } from "./check.ts";
import { checkElle, judgeElle } from "./elle.ts";
import { simulate } from "./testing/simulate.ts";
import { areRegistersSerializable } from "./testing/register-brute-force.ts";
import { agreement, concurrent } from "./testing/rmw-agreement.ts";
import { certificateOf, verifyCycle } from "./verify.ts";

const judge = (history: History, model: string): ElleResult => checkElle(history, "rw-register", { models: [model], readModifyWrite: true });

describe("registers that are read before they are written", () => {
  /** T2 ended in info, but its y was read: so it wrote x = 2 as well, after x = 1; and yet T3, which saw its y, saw x = 1. */
  const halfSeen = concurrent(["ok", [["r", "x", null], ["w", "x", 1]]], ["info", [["w", "x", 2], ["w", "y", 1]]], ["ok", [["r", "y", 1], ["r", "x", 1]]]);

  it("Elle leaves out transactions that ended in info; whoever was read did happen, and its writes have their place", () => {
    for (const wfrKeys of [false, true]) expect(checkElle(halfSeen, "rw-register", { models: ["serializable"], wfrKeys }).valid).toBe(true);

    const result = judge(halfSeen, "serializable");

    expect(result).toMatchObject({ valid: false, types: ["G-single-item"], orders: { complete: true } });
    expect(areRegistersSerializable(halfSeen)).toBe(false);
    expect(result.findings.kept("G-single-item")[0]!.explain()).toBe(
      "T1 < T2: T1 read x = 1, and T2 wrote 2 directly after it: its place, since every other version has another neighbour; T2 < T1: T1 read y = 1, which T2 wrote. So T1 would precede itself",
    );
  });

  it("the nearest history without it: x was read as the info transaction left it", () => {
    const seen = concurrent(["ok", [["r", "x", null], ["w", "x", 1]]], ["info", [["w", "x", 2], ["w", "y", 1]]], ["ok", [["r", "y", 1], ["r", "x", 2]]]);

    expect(judge(seen, "serializable")).toMatchObject({ valid: true, orders: { complete: true } });
  });

  it("says so where the order of a key stays open", () => {
    const blind = concurrent(["ok", [["w", "x", 1]]], ["ok", [["w", "x", 2]]], ["ok", [["r", "x", 2]]]);

    expect(judge(blind, "serializable")).toMatchObject({ valid: true, orders: { complete: false, undetermined: ["x"] } });
  });

  it("a chain that is put in its place rules out no model that would not put it there", () => {
    const before = concurrent(["ok", [["r", "x", null], ["w", "x", 1], ["r", "y", 1]]], ["ok", [["w", "x", 2], ["r", "y", null], ["w", "y", 1]]]);

    expect(judge(before, "serializable")).toMatchObject({ valid: false, types: ["G1c"], not: ["consistent-view", "repeatable-read"] });
  });

  it("is asked only of models that forbid lost updates in every form", () => {
    expect(() => judge(halfSeen, "read-committed")).toThrow("orders of versions do not follow from reads under read-committed");
  });

  it("agrees with all orders of small histories wherever it calls itself complete", () => {
    const seen = agreement({ histories: 300, label: "rmw" });

    expect(seen.disagreements).toEqual([]);
    expect(seen.complete).toBeGreaterThan(100);
    expect(Math.min(seen.notSerializable, seen.notSnapshotIsolated)).toBeGreaterThan(20);
    expect(Math.min(seen.skewed, seen.missedByElle)).toBeGreaterThan(0);
    expect(seen.certificates).toBeGreaterThan(20);
    expect(seen.forcedCertificates).toBeGreaterThan(0);
  });

  it("a verifier that knows only the history follows the step to a version that has one place only, and refuses it where it has two", () => {
    const certificate = certificateOf(judge(halfSeen, "serializable").findings.kept("G-single-item")[0]!.details)!;
    const another = concurrent(["ok", [["r", "x", null], ["w", "x", 1]]], ["info", [["w", "x", 2], ["w", "y", 1]]], ["ok", [["r", "y", 1], ["r", "x", 1]]], ["ok", [["w", "x", 3]]]);
    const indices = (history: History): readonly number[] => [...history].filter(({ type }) => type !== "invoke").map(({ index }) => index);
    const moved = { ...certificate, cycle: certificate.cycle.map((index) => indices(another)[indices(halfSeen).indexOf(index)]!) };

    expect(verifyCycle(halfSeen, "rw-register", certificate)).toEqual([]);
    expect(verifyCycle(another, "rw-register", moved)).toEqual([expect.stringContaining("another version has no known predecessor either")]);
  });

  it("is suggested where every write follows a read of its key, and not where one is blind", () => {
    const counter = concurrent(["ok", [["r", "x", null], ["w", "x", 1]]], ["ok", [["r", "x", 1]]]);
    const blind = concurrent(["ok", [["w", "x", 1]]], ["ok", [["r", "x", 1]]]);

    expect(judgeElle(counter, "rw-register", { models: ["serializable"] }).details?.["reads-before-writes"]).toBe(true);
    expect(judgeElle(blind, "rw-register", { models: ["serializable"] }).details?.["reads-before-writes"]).toBeUndefined();
    expect(judgeElle(counter, "rw-register", { models: ["serializable"], readModifyWrite: true }).details).toMatchObject({ complete: true });
  });

  it.each([
    ["strict-serializable", "strict-serializable"],
    ["serializable", "serializable"],
    ["snapshot-isolation", "strong-snapshot-isolation"],
  ] as const)("a %s database is never accused of breaking %s", (level, model) => {
    for (let i = 0; i < 40; i++) {
      const name = `rmw-${level}-${i}`;
      const history = simulate({ workload: "rw-register", level, transactions: 80, concurrency: 5, keys: 3, writesPerKey: 12, lengthMax: 4, failRatio: 0.05, infoRatio: 0.1, random: new Random(seed(name)) });

      expect(judge(history, model).types, name).toEqual([]);
    }
  });
});
