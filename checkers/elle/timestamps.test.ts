import { describe, expect, it } from "vitest";
import { unlimited } from "../../harness/budget.ts";
import { type History, HistoryBuilder } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { isArray, isObject, type Json } from "../../harness/json.ts";
import { Random } from "../../harness/random.ts";
import type { Verdict } from "../../harness/verdict.ts";
import { checkElle } from "./elle.ts";
import { type Level, simulate } from "./testing/simulate.ts";
import { type TimestampLevel, timestamps, type TimestampWorkload } from "./timestamps.ts";

const check = (history: History, workload: TimestampWorkload, level: TimestampLevel): Promise<Verdict> => timestamps(workload, level).check(history, { budget: unlimited(), signal: new AbortController().signal });

function history(...values: readonly Json[]): History {
  const builder = new HistoryBuilder();
  for (const [process, value] of values.entries()) {
    builder.push({ process, type: "invoke", f: "txn", value: null });
    builder.push({ process, type: "ok", f: "txn", value });
  }
  return builder.build();
}

describe("what the database's timestamps say", () => {
  it("is a proof where clients saw nothing else", async () => {
    const given = history({ txn: [["w", "x", 1]], start: 1, commit: 2 }, { txn: [["r", "x", 1]], start: 2 });

    expect(await check(given, "rw-register", "snapshot-isolation")).toMatchObject({ verdict: "valid", details: { evidence: "timestamps" } });
  });

  it("is contradicted by a read of what had not been committed yet, though the reads alone are in order", async () => {
    const given = history({ txn: [["w", "x", 1]], start: 1, commit: 5 }, { txn: [["r", "x", 1]], start: 3 });

    const verdict = await check(given, "rw-register", "serializable");

    expect(verdict).toMatchObject({ verdict: "invalid", details: { evidence: "timestamps and observations", "wrong-by-observation-alone": false } });
    expect(verdict.verdict === "invalid" && verdict.anomalies.map(({ name, expected, received }) => [name, expected, received])).toEqual([["timestamp-mismatch", "null", "1"]]);
  });

  it("rules out snapshot isolation when two writers of a key overlap", async () => {
    const given = history({ txn: [["w", "x", 1]], start: 1, commit: 4 }, { txn: [["w", "x", 2]], start: 2, commit: 5 });

    expect((await check(given, "rw-register", "snapshot-isolation")).verdict).toBe("invalid");
    expect((await check(given, "rw-register", "serializable")).verdict).toBe("valid");
  });

  it("is not asked when an ok transaction has none", async () => {
    const given = history({ txn: [["append", "x", 1]], start: 1, commit: 4 }, [["r", "x", [1]]]);

    expect(await check(given, "list-append", "serializable")).toMatchObject({ verdict: "valid", details: { evidence: "observations" } });
  });

  it("must be whole numbers, the start first", async () => {
    await expect(async () => check(history({ txn: [["w", "x", 1]], start: 4, commit: 2 }), "rw-register", "serializable")).rejects.toThrow("op 1: its timestamps are start 4 and commit 2");
  });
});

/** The history with one value read replaced by another of the same key, or as it is. */
function corrupted(given: History, random: Random): History {
  const reads = [...given].flatMap(({ index, type, value }) => {
    const txn = isObject(value) ? value["txn"]! : value;
    return type === "ok" && isArray(txn) ? txn.flatMap((mop, place) => (isArray(mop) && mop[0] === "r" ? [{ index, place, key: mop[1]!, value: mop[2]! }] : [])) : [];
  });
  const one = random.pick(reads);
  const other = random.pick(reads.filter(({ key }) => key === one.key));
  const builder = new HistoryBuilder();
  builder.endAtInfo = false;
  for (const op of given) {
    const value = op.value;
    if (op.index !== one.index || !isObject(value) || !isArray(value["txn"]!)) builder.push(op);
    else builder.push({ ...op, value: { ...value, txn: value["txn"].map((mop, place) => (place === one.place && isArray(mop) ? ["r", mop[1]!, other.value] : mop)) } });
  }
  return builder.build();
}

describe.each(["list-append", "rw-register"] as const)("timestamps and the general checker on %s", (workload) => {
  it.each([
    ["strict-serializable", "serializable"],
    ["serializable", "serializable"],
    ["snapshot-isolation", "snapshot-isolation"],
  ] as const)("a %s database keeps what its timestamps claim; with one read exchanged, whatever the one accuses the other does too", async (level: Level, model: TimestampLevel) => {
    const answers = { proved: 0, refuted: 0, refutedByBoth: 0 };
    for (let i = 0; i < 60; i++) {
      const name = `timestamps-${workload}-${level}-${i}`;
      const random = new Random(seed(name));
      const given = simulate({ workload, level, transactions: 40, concurrency: 5, keys: 3, writesPerKey: 12, lengthMax: 4, failRatio: 0.05, infoRatio: 0.05, timestamps: true, random });
      const whole = await check(given, workload, model);
      expect(whole.verdict, `seed ${name}`).toBe("valid");

      const broken = corrupted(given, random);
      const verdict = (await check(broken, workload, model)).verdict;
      const accused = checkElle(broken, workload, { models: [model] }).valid === false;

      if (accused) expect(verdict, `seed ${name}`).toBe("invalid");
      if (verdict === "valid") answers.proved++;
      else answers.refuted++;
      if (accused) answers.refutedByBoth++;
    }
    expect(answers.proved).toBeGreaterThan(0);
    expect(answers.refuted).toBeGreaterThan(answers.refutedByBoth);
    expect(answers.refutedByBoth).toBeGreaterThan(0);
  });
});

it("a read-committed database is no snapshot-isolated one, by its timestamps", async () => {
  const given = simulate({ workload: "rw-register", level: "read-committed", transactions: 300, concurrency: 8, keys: 3, writesPerKey: 50, lengthMax: 4, failRatio: 0, infoRatio: 0, timestamps: true, random: new Random(seed("weaker")) });

  expect((await check(given, "rw-register", "snapshot-isolation")).verdict).toBe("invalid");
});
