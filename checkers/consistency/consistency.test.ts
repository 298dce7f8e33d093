import { describe, expect, it } from "vitest";
import { steps, unlimited } from "../../harness/budget.ts";
import { historyOf } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { get, kv, put } from "../../harness/objects/kv.ts";
import { casRegister, read, register, write } from "../../harness/objects/register.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import { checkLinearizable } from "../linearizability/linearizability.ts";
import { randomHistory } from "../linearizability/testing/random-history.ts";
import { fuzzed } from "../linearizability/testing/shapes.ts";
import { checkCausal } from "./causal.ts";
import { checkSequential } from "./sequential.ts";
import { checkSessions, guarantees } from "./sessions.ts";
import { sequence } from "./testing/sequence.ts";
import { expectSequentialAgrees } from "./testing/sequential-agreement.ts";

const anomalies = (verdict: ReturnType<typeof checkSessions>): string[] => (verdict.verdict === "invalid" ? verdict.anomalies.map(({ name }) => name) : []);
const sessionsOf = (text: string): string[] => anomalies(checkSessions(sequence(text)));
const causalOf = (text: string): string[] => anomalies(checkCausal(sequence(text)));
const sequentialOf = (text: string): string => checkSequential(sequence(text), kv(), { budget: unlimited() }).verdict;

describe("sequential consistency", () => {
  it.each([
    ["a process may lag behind", "0 put x 1, 1 get x null", "valid"],
    ["but never go back", "0 put x 1, 1 get x 1, 1 get x null", "invalid"],
    ["all agree on one order", "0 put x 1, 1 put x 2, 2 get x 1, 2 get x 2, 3 get x 2, 3 get x 1", "invalid"],
    ["it is not composable: each key alone is fine, both are not (store buffering)", "0 put x 1, 0 get y null, 1 put y 1, 1 get x null", "invalid"],
    ["lagging on one key while fresh on another is not allowed when the order shows", "0 put x 1, 0 put y 1, 1 get y 1, 1 get x null", "invalid"],
    ["nothing happened", "0 get x null", "valid"],
  ])("%s", (_, text, expected) => {
    expect(sequentialOf(text)).toBe(expected);
  });

  it("says how far one gets and what is impossible then", () => {
    const verdict = checkSequential(sequence("0 put x 1, 1 get x 1, 1 get x null"), kv(), { budget: unlimited() });

    expect(verdict.verdict === "invalid" && verdict.anomalies[0].explanation).toMatch(/The furthest that one gets is 2 of 3 operations; there the map holds \{"\\"x\\"":1\}.*get → null at "x" by process 1 \(op 4\)/);
  });

  it("a budget that ends is unknown", () => {
    expect(checkSequential(sequence("0 put x 1, 1 put x 2, 2 get x 1, 2 get x 2, 3 get x 2, 3 get x 1"), kv(), { budget: steps(2) }).verdict).toBe("unknown");
  });

  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
  it.each(fuzzed)(`agrees with brute force on random histories of $name (seed ${base})`, (object) => {
    expectSequentialAgrees(object, { base, count: 60 });
  });
});

describe("session guarantees", () => {
  it.each<[string, string, string[]]>([
    ["a session reads on", "0 put x 1, 0 put x 2, 1 get x 1, 1 get x 2", []],
    ["a session reads back: two sessions disagree on the order", "0 put x 1, 0 put x 2, 1 get x 2, 1 get x 1, 2 get x 1, 2 get x 2", ["monotonic-reads"]],
    ["back to the initial value", "0 put x 1, 1 get x 1, 1 get x null", ["monotonic-reads"]],
    ["a session does not see its own write", "0 put x 1, 0 get x null", ["read-your-writes"]],
    ["two sessions each see the other's write for their own", "0 put x 1, 1 put x 2, 0 get x 2, 1 get x 1", ["read-your-writes"]],
    ["other keys are other orders", "0 put x 1, 0 get y null", []],
    ["what is written after a read is newer than it", "0 put x 1, 1 get x 1, 1 put x 2, 2 get x 2, 2 put x 3", []],
    ["a value out of thin air", "0 get x 7", ["thin-air-read", "thin-air-read", "thin-air-read", "thin-air-read"]],
  ])("%s", (_, text, expected) => {
    expect(sessionsOf(text)).toEqual(expected);
  });

  it("are not judged where a value is written twice, and the reason names both", () => {
    const verdict = checkSessions(sequence("0 put x 1, 1 put x 1"));

    expect(verdict.verdict === "unknown" && verdict.reason).toBe('value 1 of key "x" is written by op 2, and op 0 wrote it before: who read what is not known; write every value once');
  });
});

describe("causal consistency", () => {
  it.each<[string, string, string[]]>([
    ["concurrent writes may be seen in two orders", "0 put x 1, 1 put x 2, 2 get x 1, 2 get x 2, 3 get x 2, 3 get x 1", []],
    ["the answer is seen, the question is not", "0 put x 1, 1 get x 1, 1 put y 1, 2 get y 1, 2 get x null", ["write-co-init-read"]],
    ["an overwritten cause is read", "0 put x 1, 0 put x 2, 0 put y 1, 1 get y 1, 1 get x 1", ["write-co-read"]],
    ["the fresh cause is read", "0 put x 1, 0 put x 2, 0 put y 1, 1 get y 1, 1 get x 2", []],
    ["each reads what the other writes later", "0 get x 1, 0 put y 1, 1 get y 1, 1 put x 1", ["cyclic-causality"]],
    ["a value out of thin air", "0 get x 7", ["thin-air-read"]],
    ["store buffering is causal", "0 put x 1, 0 get y null, 1 put y 1, 1 get x null", []],
  ])("%s", (_, text, expected) => {
    expect(causalOf(text)).toEqual(expected);
  });

  it("a crashed write that nobody read causes nothing", () => {
    const history = historyOf([
      { process: 0, type: "invoke", f: "write", value: 1 },
      { process: 0, type: "info", f: "write", value: 1 },
      { process: 1, type: "invoke", f: "read", value: null },
      { process: 1, type: "ok", f: "read", value: 0 },
    ]);

    expect([checkCausal(history, { initial: 0 }).verdict, checkSessions(history, { initial: 0 }).verdict]).toEqual(["valid", "valid"]);
  });
});

describe("stronger conditions imply weaker ones", () => {
  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
  it.each([
    ["a register", register(0), (random: Random, serial: number) => (random.chance(0.6) ? read() : write(serial + 1)), 0],
    ["two keys", kv({ absent: 0 }), (random: Random, serial: number) => (random.chance(0.6) ? get(random.pick(["x", "y"])) : put(random.pick(["x", "y"]), serial + 1)), 0],
  ] as const)(`linearizable → sequential → causal, and sequential → each session guarantee, on %s (seed ${base})`, (name, spec, call, initial) => {
    const seen = { linearizable: 0, sequential: 0, causal: 0, sessions: 0 };
    for (let i = 0; i < 400; i++) {
      const random = new Random(seed(`${base}/hierarchy/${name}/${i}`));
      const history = randomHistory({ spec, call, operations: 4 + random.int(8), clients: 2 + random.int(3), crashRatio: random.pick([0, 0.1]), lies: 1 + random.int(4), busy: true }, random);
      const linearizable = checkLinearizable(history, spec, { budget: unlimited(), explain: false }).verdict === "valid";
      const sequential = checkSequential(history, spec, { budget: unlimited() }).verdict === "valid";
      // Unknown where a lie made a value be written twice.
      const causal = checkCausal(history, { initial }).verdict !== "invalid";
      const sessions = checkSessions(history, { initial }).verdict !== "invalid";
      if (linearizable) expect(sequential, `history ${i}`).toBe(true);
      if (sequential) expect(causal, `history ${i}`).toBe(true);
      if (sequential) for (const guarantee of guarantees) expect(checkSessions(history, { initial, guarantees: [guarantee] }).verdict, `history ${i}: ${guarantee}`).not.toBe("invalid");
      seen.linearizable += Number(linearizable);
      seen.sequential += Number(sequential);
      seen.causal += Number(causal);
      seen.sessions += Number(sessions);
    }
    expect(seen.linearizable).toBeGreaterThan(0);
    expect(seen.sequential).toBeGreaterThan(seen.linearizable);
    expect(seen.sessions).toBeLessThan(400);
  });

  it("a cas register's history is judged, too", () => {
    const history = historyOf([
      { process: 0, type: "invoke", f: "cas", value: [0, 1] },
      { process: 0, type: "ok", f: "cas", value: true },
      { process: 1, type: "invoke", f: "read", value: null },
      { process: 1, type: "ok", f: "read", value: 0 },
    ]);

    expect(checkLinearizable(history, casRegister(0), { budget: unlimited() }).verdict).toBe("invalid");
    expect([checkSequential(history, casRegister(0), { budget: unlimited() }).verdict, checkCausal(history, { initial: 0 }).verdict]).toEqual(["valid", "valid"]);
  });
});
