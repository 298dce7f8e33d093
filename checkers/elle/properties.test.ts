import { describe, expect, it } from "vitest";
import { type History, HistoryBuilder } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { isArray, type Json } from "../../harness/json.ts";
import { Random } from "../../harness/random.ts";
import { checkElle } from "./elle.ts";
import { elleVerdict } from "./report.ts";
import { isSerializable, isSnapshotIsolated } from "./testing/brute-force.ts";
import { type Level, levels, simulate } from "./testing/simulate.ts";
import { certificateOf, verifyCycle } from "./verify.ts";

/** The strongest model that each simulator keeps. */
const kept: { readonly [level in Level]: string } = {
  "strict-serializable": "strict-serializable",
  serializable: "serializable",
  "snapshot-isolation": "strong-snapshot-isolation",
  "read-committed": "read-committed",
};
const common = { transactions: 80, concurrency: 5, keys: 3, writesPerKey: 12, lengthMax: 4, failRatio: 0.05, infoRatio: 0.05 };

describe.each(levels)("a %s database", (level) => {
  it.each(["list-append", "rw-register"] as const)("is never accused of breaking its own level (%s)", (workload) => {
    for (let i = 0; i < 60; i++) {
      const name = `${level}-${i}`;
      const history = simulate({ ...common, workload, level, random: new Random(seed(name)) });

      const result = checkElle(history, workload, { models: [kept[level]] });

      expect(result.types, `seed ${name}`).toEqual([]);
    }
  });
});

it.each(["strict-serializable", "snapshot-isolation"] as const)("every source of version order is right about a %s database of registers", (level) => {
  for (let i = 0; i < 40; i++) {
    const name = `sources-${level}-${i}`;
    const history = simulate({ ...common, workload: "rw-register", level, random: new Random(seed(name)) });

    const result = checkElle(history, "rw-register", { models: [kept[level]], wfrKeys: true, sequentialKeys: true, linearizableKeys: true });

    expect(result.types, `seed ${name}`).toEqual([]);
  }
});

it.each([
  ["serializable", "strict-serializable"],
  ["snapshot-isolation", "serializable"],
  ["read-committed", "snapshot-isolation"],
] as const)("a %s database is found out to be no more: not %s", (level, model) => {
  let found = 0;
  for (let i = 0; i < 20; i++) {
    const history = simulate({ ...common, workload: "list-append", level, random: new Random(seed(`weaker-${level}-${i}`)) });
    if (checkElle(history, "list-append", { models: [model] }).valid === false) found++;
  }
  expect(found).toBeGreaterThan(10);
});

/** A tiny history, some of its reads shortened, and at the end a read of every key: then all versions are known. */
function tiny(random: Random, transactions: number): History {
  const level = random.pick(levels);
  const base = simulate({ workload: "list-append", level, transactions, concurrency: 3, keys: 2, writesPerKey: 50, lengthMax: 3, failRatio: 0, infoRatio: 0, random });
  const builder = new HistoryBuilder();
  const last = new Map<string, Json>();
  for (const { completion } of base.operations()) {
    if (completion?.type !== "ok" || !isArray(completion.value)) continue;
    for (const mop of completion.value) if (isArray(mop) && mop[0] !== "r") last.set(String(mop[1]), mop[1]!);
  }
  const appended = new Map<string, Json[]>();
  let process = 0;
  for (const { completion } of base.operations()) {
    if (completion?.type !== "ok" || !isArray(completion.value)) continue;
    const value = completion.value.map((mop): Json => {
      if (!isArray(mop)) return mop;
      if (mop[0] !== "r") appended.set(String(mop[1]), [...(appended.get(String(mop[1])) ?? []), mop[2]!]);
      return mop[0] === "r" && isArray(mop[2]!) && random.chance(0.15) ? ["r", mop[1]!, mop[2].slice(0, random.int(mop[2].length + 1))] : mop;
    });
    builder.push({ process, type: "invoke", f: "txn", value: null });
    builder.push({ process: process++, type: "ok", f: "txn", value });
  }
  const longest = (key: string): Json => {
    let best: readonly Json[] = [];
    for (const { completion } of base.operations()) {
      if (completion?.type !== "ok" || !isArray(completion.value)) continue;
      for (const mop of completion.value) if (isArray(mop) && mop[0] === "r" && String(mop[1]) === key && isArray(mop[2]!) && mop[2].length > best.length) best = mop[2];
    }
    return [...best, ...(appended.get(key) ?? []).filter((element) => !best.includes(element))];
  };
  builder.push({ process, type: "invoke", f: "txn", value: null });
  builder.push({ process, type: "ok", f: "txn", value: [...last].map(([name, key]) => ["r", key, longest(name)]) });
  return builder.build();
}

describe("small histories whose versions are all read, against every order there is", () => {
  const anomaliesOf = (history: History, model: string): readonly string[] => {
    const result = checkElle(history, "list-append", { models: [model] });
    return result.types.filter((type) => type !== "empty-transaction-graph");
  };

  it.each([
    ["serializable", isSerializable, 5, 400],
    ["snapshot-isolation", isSnapshotIsolated, 4, 300],
  ] as const)("%s: accused exactly when no order explains them", (model, oracle, size, rounds) => {
    const answers = { yes: 0, no: 0 };
    for (let i = 0; i < rounds; i++) {
      const name = `tiny-${model}-${i}`;
      const history = tiny(new Random(seed(name)), size);

      const holds = oracle(history);

      answers[holds ? "yes" : "no"]++;
      expect(anomaliesOf(history, model).length === 0, `seed ${name}: ${JSON.stringify([...history].filter(({ type }) => type === "ok").map(({ value }) => value))}`).toBe(holds);
    }
    expect(Math.min(answers.yes, answers.no)).toBeGreaterThan(rounds / 10);
  });
});

it.each(["list-append", "rw-register"] as const)("every cycle reported passes a verifier that knows only the history (%s)", (workload) => {
  let cycles = 0;
  for (let i = 0; i < 40; i++) {
    const level = i % 2 === 0 ? "read-committed" : "snapshot-isolation";
    const history = simulate({ ...common, workload, level, random: new Random(seed(`certificate-${i}`)) });
    const verdict = elleVerdict("elle", checkElle(history, workload, { wfrKeys: true }));
    if (verdict.verdict !== "invalid") continue;
    for (const { name, details } of verdict.anomalies) {
      const certificate = certificateOf(details);
      if (certificate === undefined) continue;
      cycles++;
      expect(verifyCycle(history, workload, certificate), name).toEqual([]);
      // And the verifier is no yes-man: the cycle backwards is none.
      const backwards = { cycle: [...certificate.cycle].reverse(), steps: [...certificate.steps].reverse() };
      expect(verifyCycle(history, workload, backwards).length > 0 || certificate.cycle.length === 2).toBe(true);
    }
  }
  expect(cycles).toBeGreaterThan(20);
});

it("the same history gets the same report, word for word", () => {
  const make = (): string => JSON.stringify(elleVerdict("elle", checkElle(simulate({ ...common, workload: "list-append", level: "read-committed", random: new Random(seed("twice")) }), "list-append")));

  expect(make()).toBe(make());
});
