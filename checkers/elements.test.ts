import { describe, expect, it } from "vitest";
import { unlimited } from "../harness/budget.ts";
import { historyOf, type OpInput } from "../harness/history.ts";
import { seed as seedOf } from "../harness/ids.ts";
import type { Json } from "../harness/json.ts";
import { Random } from "../harness/random.ts";
import type { Verdict } from "../harness/verdict.ts";
import { setFull, type SetFullOptions } from "./set-full.ts";
import { totalQueue, type TotalQueueOptions } from "./total-queue.ts";

/** `0 add 1` begins, `0 ok 1` ends: process, then what. */
function script(...lines: readonly string[]): OpInput[] {
  const open = new Map<number, string>();
  return lines.map((line) => {
    const [process = "", word = "", value = "null"] = line.split(/ (\S+) ?(.*)/);
    const id = Number(process);
    const parsed: Json = value === "" ? null : JSON.parse(value);
    if (word === "ok" || word === "fail" || word === "info") return { process: id, type: word, f: open.get(id)!, value: parsed };
    open.set(id, word);
    return { process: id, type: "invoke", f: word, value: parsed };
  });
}

const judgeSet = (lines: readonly string[], options?: SetFullOptions): Promise<Verdict> => setFull(options).check(historyOf(script(...lines)), { budget: unlimited() });
const judgeQueue = (lines: readonly string[], options?: TotalQueueOptions): Promise<Verdict> => totalQueue(options).check(historyOf(script(...lines)), { budget: unlimited() });
const names = (verdict: Verdict): string[] => (verdict.verdict === "invalid" ? verdict.anomalies.map(({ name }) => name) : [verdict.verdict]);

describe("a set that must not lose", () => {
  it("kept everything: valid", async () => {
    expect(await judgeSet(["0 add 1", "0 ok 1", "1 read", "1 ok [1]"])).toMatchObject({ verdict: "valid", details: { acknowledged: 1, known: 1, lost: 0, finalReads: 1 } });
  });

  it("an acknowledged element that is in no last read is lost, with its add and the read named", async () => {
    const verdict = await judgeSet(["0 add 1", "0 ok 1", "0 add 2", "0 ok 2", "1 read", "1 ok [2]"]);

    expect(verdict).toMatchObject({ verdict: "invalid", anomalies: [{ name: "lost", operations: [1, 5], explanation: expect.stringContaining("1 of 2") as string }] });
  });

  it("an element that was read once and is gone is lost, though nobody was told ok", async () => {
    expect(names(await judgeSet(["0 add 1", "0 info 1", "1 read", "1 ok [1]", "1 add 2", "1 ok 2", "1 read", "1 ok [2]"]))).toEqual(["lost"]);
  });

  it("an element that only some processes find at the end is divergent, not lost", async () => {
    expect(names(await judgeSet(["0 add 1", "0 ok 1", "1 read", "1 ok [1]", "2 read", "2 ok []"]))).toEqual(["divergent"]);
  });

  it("of each process only the last read counts: what came late is not lost", async () => {
    const lines = ["0 add 1", "0 ok 1", "1 read", "1 ok []", "1 read", "1 ok [1]"];

    expect(await judgeSet(lines)).toMatchObject({ verdict: "valid", details: { stale: 1 } });
    expect(names(await judgeSet(lines, { fresh: true }))).toEqual(["stale"]);
  });

  it("a read that began before the add was acknowledged may miss it", async () => {
    expect(await judgeSet(["1 read", "0 add 1", "0 ok 1", "1 ok []", "1 read", "1 ok [1]"], { fresh: true })).toMatchObject({ verdict: "valid" });
  });

  it("a refused add that shows, a value nobody added and a value twice are anomalies", async () => {
    expect(names(await judgeSet(["0 add 1", "0 fail 1", "0 add 2", "0 ok 2", "1 read", "1 ok [1, 2, 2, 3]"]))).toEqual(["unexpected", "refused-yet-read", "duplicated"]);
  });

  it("an unknown add may be there or not", async () => {
    const before = ["0 add 1", "0 ok 1", "0 add 2", "0 info 2"];

    expect(await judgeSet([...before, "1 read", "1 ok [1]"])).toMatchObject({ verdict: "valid", details: { recovered: 0 } });
    expect(await judgeSet([...before, "1 read", "1 ok [1, 2]"])).toMatchObject({ verdict: "valid", details: { recovered: 1 } });
  });

  it("without a read after the last add nothing is known", async () => {
    expect(await judgeSet(["1 read", "0 add 1", "0 ok 1", "1 ok [1]"])).toMatchObject({ verdict: "unknown" });
    expect(await judgeSet(["0 add 1", "0 fail 1", "1 read", "1 ok []"])).toMatchObject({ verdict: "unknown" });
  });

  it("finds exactly the elements that a random run dropped (seed 1…300)", async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = new Random(seedOf(`set-${seed}`));
      const lines: string[] = [];
      const stored: number[] = [];
      const dropped: number[] = [];
      for (let value = 0; value < 20; value++) {
        lines.push(`0 add ${value}`, `0 ok ${value}`);
        if (random.chance(0.2)) dropped.push(value);
        else stored.push(value);
        if (random.chance(0.3)) lines.push("1 read", `1 ok ${JSON.stringify(stored.filter(() => random.chance(0.8)))}`);
      }
      const verdict = await judgeSet([...lines, "2 read", `2 ok ${JSON.stringify(stored)}`, "1 read", `1 ok ${JSON.stringify(stored)}`]);

      expect(verdict.details, `seed ${seed}`).toMatchObject({ lost: dropped.length, divergent: 0, known: 20 });
      expect(verdict.verdict, `seed ${seed}`).toBe(dropped.length === 0 ? "valid" : "invalid");
    }
  });
});

describe("a queue that must hand out what it accepted", () => {
  const empty = ["9 dequeue", "9 ok null"];

  it("handed out everything, in any order: valid", async () => {
    expect(await judgeQueue(["0 enqueue 1", "0 ok 1", "0 enqueue 2", "0 ok 2", "1 dequeue", "1 ok 2", "1 dequeue", "1 ok 1", ...empty])).toMatchObject({ verdict: "valid", details: { drained: true } });
  });

  it("an acknowledged element that never comes out of a queue seen empty is lost", async () => {
    expect(await judgeQueue(["0 enqueue 1", "0 ok 1", ...empty])).toMatchObject({ verdict: "invalid", anomalies: [{ name: "lost", operations: [1] }] });
  });

  it("a queue that was not seen empty after the last enqueue may still hold it", async () => {
    expect(await judgeQueue([...empty, "0 enqueue 1", "0 ok 1"])).toMatchObject({ verdict: "unknown", reason: expect.stringContaining("not seen empty") as string });
    expect(await judgeQueue(["9 dequeue", "0 enqueue 1", "0 ok 1", "9 ok null"])).toMatchObject({ verdict: "unknown" });
  });

  it("a dequeue without an answer may hold one element, not two", async () => {
    const one = ["0 enqueue 1", "0 ok 1", "1 dequeue", "1 info null", ...empty];

    expect(await judgeQueue(one)).toMatchObject({ verdict: "unknown", reason: expect.stringContaining("may have taken") as string });
    expect(await judgeQueue(["2 enqueue 2", "2 ok 2", ...one])).toMatchObject({ verdict: "invalid", anomalies: [{ name: "lost" }], details: { lost: 1, missing: 2 } });
  });

  it("an element twice is an anomaly of exactly-once delivery only", async () => {
    const lines = ["0 enqueue 1", "0 ok 1", "1 dequeue", "1 ok 1", "1 dequeue", "1 ok 1", ...empty];

    expect(await judgeQueue(lines)).toMatchObject({ verdict: "valid", details: { duplicated: 1 } });
    expect(names(await judgeQueue(lines, { delivery: "exactly-once" }))).toEqual(["duplicated"]);
  });

  it("what was refused or never enqueued must not come out; what was never answered may", async () => {
    expect(names(await judgeQueue(["0 enqueue 1", "0 fail 1", "1 dequeue", "1 ok 1", "1 dequeue", "1 ok 7"]))).toEqual(["unexpected", "refused-yet-dequeued"]);
    expect(await judgeQueue(["0 enqueue 1", "0 ok 1", "0 enqueue 2", "0 info 2", "1 dequeue", "1 ok 1", "1 dequeue", "1 ok 2", ...empty])).toMatchObject({ verdict: "valid", details: { recovered: 1 } });
  });

  it("nothing acknowledged proves nothing", async () => {
    expect(await judgeQueue(["0 enqueue 1", "0 fail 1", ...empty])).toMatchObject({ verdict: "unknown" });
  });
});
