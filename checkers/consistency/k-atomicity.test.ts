import { describe, expect, it } from "vitest";
import { steps, unlimited } from "../../harness/budget.ts";
import { type History, historyOf, type OpInput } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { read, register, write } from "../../harness/objects/register.ts";
import type { Call } from "../../harness/op.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import { linearizableByBruteForce } from "../linearizability/brute-force.ts";
import { randomHistory } from "../linearizability/testing/random-history.ts";
import { type KAtomicity, kAtomicity, lastValues } from "./k-atomicity.ts";

/** `w1 w2 r1`: one after the other; `(w1 w2)` begin together. */
function history(text: string): History {
  const ops: OpInput[] = [];
  let process = 0;
  for (const group of text.match(/\([^)]*\)|\S+/g) ?? []) {
    const ends: OpInput[] = [];
    for (const item of group.replace(/[()]/g, "").split(" ")) {
      const f = item.startsWith("w") ? "write" : "read";
      const value = Number(item.slice(1));
      ops.push({ process, type: "invoke", f, value: f === "write" ? value : null });
      ends.push({ process: process++, type: "ok", f, value: f === "write" ? null : value });
    }
    ops.push(...ends);
  }
  return historyOf(ops);
}
const boundsOf = (text: string): [number, number] => {
  const known = kAtomicity(history(text), { initial: 0, budget: unlimited() }) as KAtomicity;
  return [known.least, known.most];
};

describe("k-atomicity", () => {
  it.each([
    ["an atomic register is 1-atomic", "w1 r1 w2 r2", 1],
    ["a read of the value before the last is 2-atomic", "w1 w2 r1", 2],
    ["so is one of the initial value", "w1 r0", 2],
    ["two reads that turn back and forth need both values at hand", "w1 w2 r1 r2 r1", 2],
    ["the third last value is 3-atomic", "w1 w2 w3 r1", 3],
    ["concurrent writes come in the order that suits", "(w1 w2) r1", 1],
    ["but in one order only: each of three is read after both others", "(w1 w2 w3) r1 r2 r3 r1", 3],
  ])("%s", (_, text, k) => {
    expect(boundsOf(text)).toEqual([k, k]);
  });

  it("a read of what nobody wrote, or of a value that is written twice, has no k", () => {
    expect(kAtomicity(history("r7"), { initial: 0, budget: unlimited() })).toEqual({ reason: expect.stringMatching(/nobody had begun to write/) });
    expect(kAtomicity(history("r1 w1"), { initial: 0, budget: unlimited() })).toEqual({ reason: expect.stringMatching(/nobody had begun to write/) });
    expect(kAtomicity(history("w1 w1"), { initial: 0, budget: unlimited() })).toEqual({ reason: expect.stringMatching(/is written by op 2/) });
  });

  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
  it(`is the least k that brute force allows, crashed writes included; a small budget only widens the bounds (seed ${base})`, () => {
    const call = (random: Random, serial: number): Call => (random.chance(0.5) ? read() : write(serial + 1));
    const seen = new Map<number, number>();
    for (let i = 0; i < 1500; i++) {
      const random = new Random(seed(`${base}/k-atomicity/${i}`));
      const shape = { spec: register(0), call, operations: 3 + random.int(7), clients: 2 + random.int(3), crashRatio: random.pick([0, 0.2]), lies: random.int(5), busy: random.chance(0.5) };
      const example = randomHistory(shape, random);
      const known = kAtomicity(example, { initial: 0, budget: unlimited() });
      // A lie may have made a value be written twice.
      if ("reason" in known && known.reason.includes("is written by")) continue;
      let k = 1;
      while (k <= 10 && !linearizableByBruteForce(example, lastValues(k, 0))) k++;
      if ("reason" in known) {
        expect(k, `history ${i}: ${known.reason}`).toBe(11);
        continue;
      }
      expect([known.least, known.most], `history ${i}`).toEqual([k, k]);
      seen.set(k, (seen.get(k) ?? 0) + 1);
      const rough = kAtomicity(example, { initial: 0, budget: steps(2) }) as KAtomicity;
      expect(rough.least <= k && k <= rough.most, `history ${i}`).toBe(true);
    }
    expect(Math.min(seen.get(1) ?? 0, seen.get(2) ?? 0, seen.get(3) ?? 0)).toBeGreaterThan(5);
  });
});
