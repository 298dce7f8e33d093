import { describe, expect, it } from "vitest";
import { unlimited } from "../../harness/budget.ts";
import { historyOf } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { casRegister } from "../../harness/objects/register.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import { beginnings, begunWindow, deletableBeginning } from "./beginning.ts";
import { checkLinearizable } from "./linearizability.ts";
import { partsOf } from "./parts.ts";
import { randomHistory } from "./testing/random-history.ts";
import { fuzzed } from "./testing/shapes.ts";
import { canForgetThePast, explainable, returnedWithin, type Window } from "./window.ts";

// C0  |- write 4 -|
// C1     |- write 4 -|
// C2                    |- cas 4 to 0 -| |- read → 4 -|
const twice = historyOf([
  { process: 0, type: "invoke", f: "write", value: 4 },
  { process: 1, type: "invoke", f: "write", value: 4 },
  { process: 0, type: "ok", f: "write", value: 4 },
  { process: 1, type: "ok", f: "write", value: 4 },
  { process: 2, type: "invoke", f: "cas", value: [4, 0] },
  { process: 2, type: "ok", f: "cas", value: [4, 0] },
  { process: 2, type: "invoke", f: "read", value: null },
  { process: 2, type: "ok", f: "read", value: 4 },
]);

// C0  |- write 1 -|
// C1     |- write 2 -|
// C2                    |- read → 3 -|
const undecided = historyOf([
  { process: 0, type: "invoke", f: "write", value: 1 },
  { process: 1, type: "invoke", f: "write", value: 2 },
  { process: 0, type: "ok", f: "write", value: 1 },
  { process: 1, type: "ok", f: "write", value: 2 },
  { process: 2, type: "invoke", f: "read", value: null },
  { process: 2, type: "ok", f: "read", value: 3 },
]);

describe("a later beginning", () => {
  it("leaves nobody who read what was deleted", () => {
    const part = partsOf(twice, casRegister(0))[0]!;
    const proof: Window = { from: 0, to: part.eventCount, kept: [0, 1, 2, 3] };

    expect(deletableBeginning(part, proof, unlimited())).toEqual({ value: 4, replaced: [0, 1], used: [] });
  });

  // C0  |- write 2 …
  // C1     |- write 4 -| |- read → 2 -| |- write 2 -| |- write 1 -| |- read → 2 -|
  it("is told in a sentence", () => {
    const later = [
      { f: "write", value: 4, answer: 4 },
      { f: "read", value: null, answer: 2 },
      { f: "write", value: 2, answer: 2 },
      { f: "write", value: 1, answer: 1 },
      { f: "read", value: null, answer: 2 },
    ].flatMap(({ f, value, answer }) => [
      { process: 1, type: "invoke" as const, f, value },
      { process: 1, type: "ok" as const, f, value: answer },
    ]);
    const history = historyOf([{ process: 0, type: "invoke", f: "write", value: 2 }, ...later]);

    const verdict = checkLinearizable(history, casRegister(0), { budget: unlimited() });

    expect(verdict.verdict === "invalid" && verdict.anomalies[0].explanation.split("\n").at(-1)).toBe(
      "After op 1, op 3, op 5 the register holds 2 (for which op 0 must have taken effect). Begun there, the history is as wrong, and without any one of the proof's operations that follow, as if it had never been called, it is right.",
    );
  });

  it("does not exist where the operations before it leave two states", () => {
    const part = partsOf(undecided, casRegister(0))[0]!;

    expect([...beginnings(part, { from: 0, to: part.eventCount, kept: [0, 1, 2] }, unlimited())]).toEqual([]);
  });

  it("has used up the forgotten operation that everything before it needed", () => {
    const part = partsOf(twice, casRegister(0))[0]!;

    expect([...beginnings(part, { from: 0, to: part.eventCount, kept: [2, 3] }, unlimited())]).toEqual([{ value: 0, replaced: [2], used: [0] }]);
  });
});

describe("a window is right from a later beginning if and only if it is right from its own", () => {
  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
  const perObject = 20;
  let seen = 0;

  it.each(fuzzed)(`on ${perObject} random histories of $name (seed ${base})`, (object) => {
    const random = new Random(seed(`${base}/beginning/${object.name}`));
    for (let i = 0; i < perObject; i++) {
      const one = random.fork(String(i));
      const shape = { ...object, operations: 3 + one.int(6), clients: 2 + one.int(2), crashRatio: one.pick([0, 0.2]), lies: one.int(4) };
      for (const part of partsOf(randomHistory(shape, one), object.spec)) {
        const from = canForgetThePast(part) && one.chance(0.5) ? one.int(part.eventCount) : 0;
        const to = part.eventCount;
        const window: Window = { from, to, kept: returnedWithin(part, from, to).filter(() => one.chance(0.8)) };
        const expected = explainable(part, window, unlimited());
        for (const beginning of beginnings(part, window, unlimited())) {
          seen++;
          expect(explainable(part, begunWindow(window, beginning), unlimited()), `seed ${base}/beginning/${object.name}, history ${i}: ${JSON.stringify({ window, beginning })}`).toBe(expected);
        }
      }
    }
  });

  it("and enough beginnings were found to tell", () => {
    expect(seen).toBeGreaterThan(200);
  });
});
