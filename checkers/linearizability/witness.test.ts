import { describe, expect, it } from "vitest";
import { unlimited } from "../../harness/budget.ts";
import { type History, historyOf } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { read, register, write } from "../../harness/objects/register.ts";
import { listTransactions, transaction } from "../../harness/objects/transactions.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import { linearizableByBruteForce } from "./brute-force.ts";
import { decide } from "./decide.ts";
import { checkLinearizable } from "./linearizability.ts";
import { partsOf } from "./parts.ts";
import { randomHistory } from "./testing/random-history.ts";
import { type Fuzzed, fuzzed } from "./testing/shapes.ts";
import { canForgetThePast, explainable, returnedWithin } from "./window.ts";
import { shrink } from "./witness.ts";

const stale = historyOf([
  { process: 0, type: "invoke", f: "write", value: 1 },
  { process: 0, type: "ok", f: "write", value: null },
  { process: 1, type: "invoke", f: "write", value: 2 },
  { process: 2, type: "invoke", f: "read", value: null },
  { process: 1, type: "ok", f: "write", value: null },
  { process: 2, type: "ok", f: "read", value: 1 },
  { process: 0, type: "invoke", f: "read", value: null },
  { process: 0, type: "ok", f: "read", value: 1 },
  { process: 1, type: "invoke", f: "read", value: null },
  { process: 1, type: "ok", f: "read", value: 2 },
]);

describe("an explanation", () => {
  it("names the operation that has no place, why each state fails, and nothing that does not matter", () => {
    const verdict = checkLinearizable(stale, register(0), { budget: unlimited() });

    expect(verdict.verdict === "invalid" && verdict.anomalies.map(({ name, operations, explanation, expected, received }) => ({ name, operations, explanation, expected, received }))).toEqual([
      {
        name: "nonlinearizable",
        operations: [2, 4, 6, 7],
        explanation: [
          "read → 1 by process 0 (op 6) cannot be placed: whatever order the operations are given, there is no moment between its call and its return at which it could have taken effect with this answer.",
          "  where the register holds 2, read would return 2, not 1",
          "This follows from one other operation: write 2 by process 1 (op 2).",
          "This is so whatever the object held before op 2, and even if the other operation around it took effect at any time after its call, or never.",
        ].join("\n"),
        expected: "where the register holds 2, read would return 2, not 1",
        received: "read → 1",
      },
    ]);
  });

  it("draws the witness as process lines: how far the others can be ordered, and the impossible read", () => {
    const verdict = checkLinearizable(stale, register(0), { budget: unlimited() });
    const diagram = verdict.verdict === "invalid" ? verdict.anomalies[0].diagrams?.[0] : undefined;

    expect(diagram?.kind === "process-lines" && diagram.lanes.map(({ label, bars }) => [label, ...bars.map((bar) => `${bar.start}-${bar.end} ${bar.label} ${bar.mark} ${bar.point?.place ?? ""}`.trim())])).toEqual([
      ["process 0", "4-5 read → 1 impossible"],
      ["process 1", "0-2 write 2 linearized 2"],
      ["process 2", "1-3 read → 1 context 1"],
    ]);
  });
});

describe("forgetting is sound and shrinking is complete", () => {
  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
  const perObject = 80;
  let invalidSeen = 0;

  it.each(fuzzed)(`on ${perObject} random histories of $name (seed ${base})`, (object) => {
    const random = new Random(seed(`${base}/witness/${object.name}`));
    let invalid = 0;
    for (let i = 0; i < perObject; i++) {
      const one = random.fork(String(i));
      const history = example(object, one);
      const label = `seed ${base}/witness/${object.name}, history ${i}`;
      const valid = linearizableByBruteForce(history, object.spec);
      for (const part of partsOf(history, object.spec)) {
        const decision = decide(part, unlimited());
        if (valid) {
          for (let tries = 0; tries < 5; tries++) {
            const from = canForgetThePast(part) ? one.int(part.eventCount) : 0;
            const to = one.between(from, part.eventCount);
            const kept = returnedWithin(part, from, to).filter(() => one.chance(0.7));
            expect(explainable(part, { from, to, kept }, unlimited()), label).toBe(true);
          }
        } else if (decision.outcome === "not-linearizable") {
          invalid++;
          const witness = shrink(part, decision, unlimited());
          expect(witness.minimal, label).toBe(true);
          expect(explainable(part, witness, unlimited()), label).toBe(false);
          for (const gone of witness.kept) {
            const kept = witness.kept.filter((operation) => operation !== gone);
            expect(explainable(part, { ...witness, kept }, unlimited()), label).toBe(true);
          }
        }
      }
    }
    invalidSeen += invalid;
  });

  // Of one object's few histories none may be wrong (locks answer nothing that could be a lie); of all together many are.
  it("and enough of those histories were wrong to tell", () => {
    expect(invalidSeen).toBeGreaterThan(100);
  });
});

function example({ spec, call }: Fuzzed, random: Random): History {
  const shape = { spec, call, operations: 3 + random.int(6), clients: 2 + random.int(3), crashRatio: random.pick([0, 0.2]), lies: random.int(4), busy: random.chance(0.5) };
  return randomHistory(shape, random);
}

it("a long stale history shrinks to the write and the read", () => {
  const random = new Random(seed("long stale"));
  const shape = { spec: register(0), call: (r: Random) => (r.chance(0.5) ? read() : write(r.int(5))), operations: 1500, clients: 5, crashRatio: 0, lies: 20, liesFrom: 0.9, busy: true };
  const history = randomHistory(shape, random);
  const part = partsOf(history, register(0))[0]!;
  const decision = decide(part, unlimited());

  expect(decision.outcome).toBe("not-linearizable");
  const witness = shrink(part, decision, unlimited());

  expect(witness.kept.length).toBeLessThan(12);
  expect(explainable(part, witness, unlimited())).toBe(false);
});

// Seven appends that may each have happened or not, in any order: to see that none of them helps takes more work than a question has at first.
it("what takes long to be shown needless is left out, too", () => {
  const appends = Array.from({ length: 7 }, (_, i) => transaction([["append", 1, i + 1]]));
  const spec = listTransactions();
  const history = historyOf([
    ...appends.flatMap(({ f, value }) => [
      { process: 0, type: "invoke" as const, f, value },
      { process: 0, type: "ok" as const, f, value },
    ]),
    { process: 1, type: "invoke", ...transaction([["r", 1, null]]) },
    { process: 1, type: "ok", ...transaction([["r", 1, [99]]]) },
  ]);
  const part = partsOf(history, spec)[0]!;

  const witness = shrink(part, decide(part, unlimited()), unlimited());

  expect([witness.kept, witness.minimal]).toEqual([[7], true]);
});
