import { describe, expect, it } from "vitest";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import { checkElle } from "./elle.ts";
import { elleVerdict } from "./report.ts";
import { listAgreement } from "./testing/list-agreement.ts";
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

describe("small histories whose versions are all read, against every order there is", () => {
  it.each(["serializable", "snapshot-isolation"] as const)("%s: accused exactly when no order of the six transactions explains them", (model) => {
    const seen = listAgreement(model, { histories: 200, label: "tiny" });

    expect(seen.disagreements).toEqual([]);
    expect(Math.min(seen.holds, seen.broken)).toBeGreaterThan(20);
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
