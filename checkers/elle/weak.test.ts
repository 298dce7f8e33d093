import { describe, expect, it } from "vitest";
import { type History, HistoryBuilder } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { Random } from "../../harness/random.ts";
import { simulate } from "./testing/simulate.ts";
import { historyOfPlain, keepsWeakLevel, randomTransactions } from "./testing/weak-brute-force.ts";
import { checkWeak, weakLevels } from "./weak.ts";

/** Sessions' transactions, `w x 1` and `r x 1` (or `r x nil`), all concurrent between sessions. */
function history(...transactions: readonly (readonly [session: number, text: string])[]): History {
  const builder = new HistoryBuilder();
  for (const [session, text] of transactions) {
    const value = text.split(", ").map((mop): Json => {
      const [f, key, argument] = mop.split(" ");
      return [f!, key!, argument === "nil" ? null : Number(argument)];
    });
    builder.push({ process: session, type: "invoke", f: "txn", value });
    builder.push({ process: session, type: "ok", f: "txn", value });
  }
  return builder.build();
}

/** Which levels accept: read committed, read atomic, causal. */
const accepted = (given: History): readonly boolean[] => weakLevels.map((level) => checkWeak(given, level).valid);

describe("weak levels of registers", () => {
  it.each([
    ["a stale read is allowed by all", history([0, "w x 1"], [0, "w x 2"], [1, "r x 1"]), [true, true, true]],
    ["half of a transaction, the new half read first, is not even read committed", history([0, "w x 1, w y 1"], [1, "r x 1, r y nil"]), [false, false, false]],
    ["half of a transaction, the new half read last, is fractured: not read atomic", history([0, "w x 1, w y 1"], [1, "r y nil, r x 1"]), [true, false, false]],
    ["reading one's own session's past away is not read atomic", history([0, "w x 1"], [0, "r x nil"]), [true, false, false]],
    ["an answer without the question is not causal", history([0, "w x 1"], [1, "r x 1"], [1, "w y 1"], [2, "r y 1"], [2, "r x nil"]), [true, true, false]],
    ["two sessions that see two writes in opposite orders are causal", history([0, "w x 1"], [1, "w y 1"], [2, "r x 1, r y nil"], [3, "r y 1, r x nil"]), [true, true, true]],
    ["a mixture of two whole transactions is not read atomic", history([0, "w x 1, w y 1"], [1, "w x 2, w y 2"], [2, "r x 1, r y 2"]), [true, false, false]],
  ] as const)("%s", (_, given, expected) => {
    expect(accepted(given)).toEqual(expected);
  });

  it.each([
    ["strict-serializable", ["read-committed", "read-atomic", "causal"]],
    ["snapshot-isolation", ["read-committed", "read-atomic", "causal"]],
    ["read-committed", ["read-committed"]],
  ] as const)("a %s database keeps %s", (level, kept) => {
    for (let i = 0; i < 40; i++) {
      const name = `weak-${level}-${i}`;
      const given = simulate({ workload: "rw-register", level, transactions: 80, concurrency: 5, keys: 3, writesPerKey: 12, lengthMax: 4, failRatio: 0.05, infoRatio: 0.05, random: new Random(seed(name)) });
      for (const model of kept) expect(checkWeak(given, model), `seed ${name} ${model}`).toMatchObject({ valid: true });
    }
  });

  it("a read-committed database is found not to be read atomic", () => {
    const given = simulate({ workload: "rw-register", level: "read-committed", transactions: 300, concurrency: 8, keys: 3, writesPerKey: 50, lengthMax: 4, failRatio: 0, infoRatio: 0, random: new Random(seed("fractured")) });

    expect(checkWeak(given, "read-atomic").valid).toBe(false);
  });
});

describe.each(weakLevels)("%s against every commit order of small histories", (level) => {
  it("is granted exactly when some order keeps its definition", () => {
    const answers = { yes: 0, no: 0 };
    for (let i = 0; i < 1500; i++) {
      const name = `orders-${i}`;
      const random = new Random(seed(name));
      const transactions = randomTransactions(random, random.between(2, 6));

      const holds = keepsWeakLevel(transactions, level);

      answers[holds ? "yes" : "no"]++;
      expect(checkWeak(historyOfPlain(transactions), level).valid, `seed ${name}: ${JSON.stringify(transactions)}`).toBe(holds);
    }
    expect(Math.min(answers.yes, answers.no)).toBeGreaterThan(150);
  });
});
