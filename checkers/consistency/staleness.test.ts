import { describe, expect, it } from "vitest";
import { unlimited } from "../../harness/budget.ts";
import { type History, historyOf } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { read, register, write } from "../../harness/objects/register.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import { checkLinearizable } from "../linearizability/linearizability.ts";
import { randomHistory } from "../linearizability/testing/random-history.ts";
import { staleness, stalenessOf } from "./staleness.ts";

const w = (process: number, value: number): Parameters<typeof historyOf>[0] => [
  { process, type: "invoke", f: "write", value },
  { process, type: "ok", f: "write", value: null },
];
const r = (process: number, value: number): Parameters<typeof historyOf>[0] => [
  { process, type: "invoke", f: "read", value: null },
  { process, type: "ok", f: "read", value },
];
const history = historyOf([...w(0, 1), ...w(0, 2), ...w(0, 3), ...r(1, 1), ...r(1, 3), ...r(2, 0)]);

describe("staleness", () => {
  it("counts the writes that lie wholly between the write read and the read", () => {
    expect(stalenessOf(history, { initial: 0 })).toEqual({ reads: 3, stale: 2, most: 3, worst: 10, histogram: new Map([[0, 1], [2, 1], [3, 1]]) });
  });

  it("is a measure: the checker is valid, and unknown where a value is written twice", async () => {
    expect(await staleness(0).check(history, { budget: unlimited() })).toMatchObject({ verdict: "valid", details: { k: { least: 4, most: 4 } } });
    expect((await staleness(0).check(historyOf([...w(0, 1), ...w(1, 1)]), { budget: unlimited() })).verdict).toBe("unknown");
  });

  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
  it(`agrees with counting pair by pair, and a linearizable history has no stale read (seed ${base})`, () => {
    for (let i = 0; i < 500; i++) {
      const random = new Random(seed(`${base}/staleness/${i}`));
      const call = (one: Random, serial: number): ReturnType<typeof read> => (one.chance(0.6) ? read() : write(serial + 1));
      const example = randomHistory({ spec: register(0), call, operations: 12, clients: 3, crashRatio: 0.1, lies: random.int(4), busy: true }, random);
      const measured = stalenessOf(example, { initial: 0 });
      if ("reason" in measured) continue;

      expect(measured.most, `history ${i}`).toBe(mostByPairs(example));
      if (checkLinearizable(example, register(0), { budget: unlimited(), explain: false }).verdict === "valid") expect(measured.stale, `history ${i}`).toBe(0);
    }
  });
});

function mostByPairs(example: History): number {
  const operations = [...example.operations()].filter(({ completion }) => completion?.type === "ok");
  let most = 0;
  for (const reader of operations.filter(({ invocation }) => invocation.f === "read")) {
    const value = reader.completion!.value;
    const all = [...example.operations()].find(({ invocation }) => invocation.f === "write" && invocation.value === value);
    if (all === undefined && value !== 0) continue;
    if (all !== undefined && all.completion?.type !== "ok") continue;
    const end = all === undefined ? -1 : all.completion!.index;
    const between = operations.filter(({ invocation, completion }) => invocation.f === "write" && invocation.index > end && completion!.index < reader.invocation.index);
    most = Math.max(most, between.length);
  }
  return most;
}
