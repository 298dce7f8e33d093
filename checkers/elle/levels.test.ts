import { describe, expect, it } from "vitest";
import { type History, historyOf } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { Random } from "../../harness/random.ts";
import type { Verdict } from "../../harness/verdict.ts";
import { explainCircle } from "./circles.ts";
import { checkElle } from "./elle.ts";
import { exactLevels, withLevels } from "./levels.ts";
import { elleVerdict } from "./report.ts";
import { smallestWith } from "./shrink.ts";
import { checkWeak, weakLevels } from "./weak.ts";

type Mops = readonly (readonly [f: "r" | "w", key: string, value: number | null])[];

/** Sessions of transactions, all ok, one after the other. */
function sessions(...list: readonly (readonly Mops[])[]): History {
  return historyOf(
    list.flatMap((transactions, process) =>
      transactions.flatMap((mops) => {
        const value = mops as Json;
        return [{ process, type: "invoke" as const, f: "txn", value }, { process, type: "ok" as const, f: "txn", value }];
      }),
    ),
  );
}

function judge(history: History, ...models: readonly string[]): Verdict {
  return withLevels(history, elleVerdict("elle/rw-register", checkElle(history, "rw-register", { models, instantsUnordered: true })), exactLevels(models));
}

/** T1 writes x and y together; T2 sees its y, but x as it was at first. */
const fractured = sessions([[["w", "x", 1], ["w", "y", 1]]], [[["r", "y", 1], ["r", "x", null]]]);
/** The same, seen by two transactions of one process. */
const backwards = sessions([[["w", "x", 1]], [["w", "x", 2]]], [[["r", "x", 2]], [["r", "x", 1]]]);

describe("levels that Elle's anomalies do not decide", () => {
  it.each([
    ["a read tells of a newer version of what is read next", fractured, "read-committed", "invalid"],
    ["the read that tells comes after", sessions([[["w", "x", 1], ["w", "y", 1]]], [[["r", "x", null], ["r", "y", 1]]]), "read-committed", "valid"],
    ["half of a transaction was seen", sessions([[["w", "x", 1], ["w", "y", 1]]], [[["r", "x", null], ["r", "y", 1]]]), "read-atomic", "invalid"],
    ["a process reads backwards, each read of something committed", backwards, "read-committed", "valid"],
    ["a process reads backwards, from its own past", backwards, "causal-cerone", "invalid"],
  ] as const)("%s", (_, history, level, verdict) => {
    expect(judge(history, level).verdict).toBe(verdict);
  });

  it("a violation is told step by step, and rules out what is stronger", () => {
    const verdict = judge(fractured, "read-atomic");

    expect(verdict).toMatchObject({ verdict: "invalid", details: { "anomaly-types": ["read-atomic-violation"], not: ["read-atomic"] } });
    expect(verdict.details?.["also-not"]).toEqual(expect.arrayContaining(["causal-cerone", "serializable", "snapshot-isolation", "strong-serializable"]));
    const [anomaly] = verdict.verdict === "invalid" ? verdict.anomalies : [];
    expect(anomaly?.explanation.split("\n")).toEqual([
      "T1 < T2 < T1: no order explains what these transactions saw",
      "T1 = the initial state",
      'T2 = op 1: [["w","x",1],["w","y",1]]',
      'T3 = op 3: [["r","y",1],["r","x",null]]',
      "T1 < T2: the initial state precedes T2",
      "T2 < T1: T2 wrote x too and was read by T3 (y = 1), and yet T3 read x = null, the initial value",
    ]);
  });

  it("what only the order of a process shows rules out the models with sessions", () => {
    const ownWrite = sessions([[["w", "x", 1]], [["w", "x", 2]], [["r", "x", 1]]]);

    expect(judge(ownWrite, "read-atomic").details).toMatchObject({ not: ["strong-session-snapshot-isolation"] });
    expect(judge(ownWrite, "read-committed").verdict).toBe("valid");
  });

  it("every circle that the fast judge finds is one by the definition, and shrinks to one", () => {
    let found = 0;
    for (let i = 0; i < 150; i++) {
      const name = `levels-${i}`;
      const history = arbitrary(new Random(seed(name)));
      for (const level of weakLevels) {
        const [circle] = checkWeak(history, level).circles;
        if (circle === undefined) continue;
        found++;
        const steps = explainCircle(history, level, circle);
        expect(steps.every(({ to }, at) => to === steps[(at + 1) % steps.length]!.from), name).toBe(true);
        if (i < 30) expect(checkWeak(smallestWith(history, "rw-register", `${level}-violation`)!, level).circles.length, name).toBeGreaterThan(0);
      }
    }
    expect(found).toBeGreaterThan(100);
  });
});

/** Three processes, a few transactions each, reads of anything that is ever written. */
function arbitrary(random: Random): History {
  const values = [1, 2, 3, 4, 5, 6, 7, 8];
  const written: [string, number][] = values.map((value) => [random.pick(["x", "y"]), value]);
  const left = random.shuffle(written);
  return sessions(
    ...[0, 1, 2].map(() =>
      Array.from({ length: 3 }, (): Mops => {
        const write = left.pop();
        const reads = Array.from({ length: random.int(3) }, () => random.pick(written)).map(([key, value]) => ["r", key, value] as const);
        const distinct = reads.filter(([, key], at) => reads.findIndex(([, other]) => other === key) === at && write?.[0] !== key);
        return [...distinct, ...(write === undefined ? [] : [["w", write[0], write[1]] as const])];
      }),
    ),
  );
}
