import { describe, expect, it } from "vitest";
import { steps, unlimited } from "../../harness/budget.ts";
import { historyOf, type OpInput } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { casKey, get, kv, put } from "../../harness/objects/kv.ts";
import { casRegister, register } from "../../harness/objects/register.ts";
import { set } from "../../harness/objects/set.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import type { SequentialSpec } from "../../harness/spec.ts";
import { checkLinearizable } from "./linearizability.ts";
import { expectAgreement } from "./testing/agreement.ts";
import { MonitorAnswers } from "./testing/monitor-agreement.ts";
import { randomHistory } from "./testing/random-history.ts";
import { fuzzed } from "./testing/shapes.ts";

/** `0 invoke write 1` a line: process, type, function, value as JSON. */
function history(text: string): ReturnType<typeof historyOf> {
  const lines = text.trim().split("\n");
  return historyOf(
    lines.map((line): OpInput => {
      const [process, type, f, ...rest] = line.trim().split(/\s+/);
      return { process: Number(process), type: type as OpInput["type"], f: f!, value: rest.length === 0 ? null : (JSON.parse(rest.join(" ")) as OpInput["value"]) };
    }),
  );
}

const truth = (text: string, spec = casRegister(0)): string => checkLinearizable(history(text), spec, { budget: unlimited() }).verdict;

describe("linearizability", () => {
  it("an empty history is linearizable", () => {
    expect(checkLinearizable(historyOf([]), register(0), { budget: unlimited() }).verdict).toBe("valid");
  });

  it("a read may answer an open write", () => {
    expect(truth("0 invoke write 1\n1 invoke read\n1 ok read 1\n0 ok write")).toBe("valid");
  });

  it("a read after a write's return may not answer the old value", () => {
    expect(truth("0 invoke write 1\n0 ok write\n1 invoke read\n1 ok read 0")).toBe("invalid");
  });

  it("a crashed write may take effect at any later time", () => {
    expect(truth("0 invoke write 1\n0 info write\n1 invoke read\n1 ok read 0\n1 invoke read\n1 ok read 1")).toBe("valid");
  });

  it("a crashed write may not be undone", () => {
    expect(truth("0 invoke write 1\n0 info write\n1 invoke read\n1 ok read 1\n1 invoke read\n1 ok read 0")).toBe("invalid");
  });

  it("a failed write did not happen", () => {
    expect(truth("0 invoke write 1\n0 fail write\n1 invoke read\n1 ok read 1")).toBe("invalid");
  });

  it("a write of the value already held may be needed later (not committed eagerly)", () => {
    expect(
      truth(`
        0 invoke write 1
        0 ok write
        1 invoke write 1
        2 invoke write 2
        2 ok write
        2 invoke write 2
        3 invoke read
        3 ok read 1
        1 ok write
        2 ok write`),
    ).toBe("valid");
  });

  it("an add that finds its element present may wait until that was removed", () => {
    expect(
      truth(
        `
        0 invoke add 1
        0 ok add
        1 invoke add 1
        0 invoke remove 1
        0 ok remove
        2 invoke contains 1
        1 ok add
        2 ok contains true`,
        set(),
      ),
    ).toBe("valid");
  });

  it("… or must not: nothing would remove the element again", () => {
    const rest = (late: string): string => `
        0 invoke add 1
        0 ok add
        1 invoke add 1
        0 invoke remove 1
        0 ok remove
        2 invoke contains 1
        1 ok add
        3 invoke contains 1
        3 ok contains false
        1 invoke ${late} 1
        2 ok contains true
        1 ok ${late}`;

    expect(truth(rest("add"), set())).toBe("valid");
    expect(truth(rest("remove"), set())).toBe("invalid");
  });

  it("a user's own object in ten lines is judged", () => {
    const flag: SequentialSpec = {
      name: "flag",
      initial: false,
      apply: (state, call) => (call.f === "raise" ? [{ state: true, ret: null }] : [{ state, ret: state }]),
      observes: (call) => call.f === "see",
    };

    expect(truth("0 invoke raise\n1 invoke see\n1 ok see true\n0 ok raise", flag)).toBe("valid");
    expect(truth("0 invoke raise\n0 ok raise\n1 invoke see\n1 ok see false", flag)).toBe("invalid");
  });

  it("an object that writes to its state, or answers differently the second time, is refused", () => {
    let calls = 0;
    const writes: SequentialSpec = { name: "writes", initial: [], apply: (state) => [{ state: ((state as Json[]).push(1), state), ret: null }] };
    const counts: SequentialSpec = { name: "counts", initial: 0, apply: () => [{ state: calls++, ret: null }] };

    expect(() => truth("0 invoke add\n0 ok add", writes)).toThrow(/object writes: add writes to its state or call/);
    expect(() => truth("0 invoke add\n0 ok add", counts)).toThrow(/object counts: add gives two results for the same state and call/);
  });

  it("a budget that ends is unknown, with a reason that says how far it got", () => {
    const shape = { spec: casRegister(0), call: fuzzed[2]!.call, operations: 4000, clients: 20, crashRatio: 0.1, lies: 3, liesFrom: 0.9, busy: true };
    const long = randomHistory(shape, new Random(seed("budget")));

    const verdict = checkLinearizable(long, casRegister(0), { budget: steps(500) });

    expect(verdict.verdict).toBe("unknown");
    expect(verdict.verdict === "unknown" && verdict.reason).toMatch(/budget of 500 steps ended after \d+ configurations of the search, tried in (one order|\d+ orders): \d+ of \d+ events could be explained/);
  });

  it("and for which key", () => {
    const shape = { spec: kv(), call: (random: Random) => random.pick([get("k"), put("k", random.int(5)), casKey("k", random.int(5), random.int(5))]), operations: 4000, clients: 20, crashRatio: 0.1, lies: 3, liesFrom: 0.9, busy: true };
    const long = randomHistory(shape, new Random(seed("budget")));

    const verdict = checkLinearizable(long, kv(), { budget: steps(500) });

    expect(verdict.verdict === "unknown" && verdict.reason).toMatch(/configurations of the search of key "k", tried in (one order|\d+ orders): \d+ of \d+ events/);
  });
});

describe("the fast checker agrees with brute force", () => {
  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
  const perObject = 400;
  const answers = new MonitorAnswers();

  it.each(fuzzed)(`on ${perObject} random histories of $name (seed ${base})`, (object) => {
    expectAgreement(object, { base, count: perObject, answers });
  });

  it("and every monitor had its say, both ways", () => {
    answers.expectAll();
  });
});
