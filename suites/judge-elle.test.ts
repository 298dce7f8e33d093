import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { HarnessError } from "../harness/errors.ts";
import { rashomon } from "../cli/testing/cli.ts";
import { elleWorkload, judgeElleFile, type ElleJudgement, type ElleJudgeOptions } from "./judge-elle.ts";

const folder = mkdtempSync(join(tmpdir(), "rashomon-elle-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Transactions as EDN, of one process each, one after the other or all at once. */
function history(name: string, transactions: readonly string[], { concurrent = false } = {}): string {
  const lines = (type: string, value: string, process: number): string => `{:type :${type}, :process ${process}, :f :txn, :value ${value}}`;
  const invoked = transactions.map((value, process) => lines("invoke", value, process));
  const completed = transactions.map((value, process) => lines("ok", value, process));
  return file(name, (concurrent ? [...invoked, ...completed] : invoked.flatMap((line, i) => [line, completed[i]!])).join("\n") + "\n");
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const judge = (path: string, workload: string, options: Partial<ElleJudgeOptions> = {}): Promise<ElleJudgement> => judgeElleFile(path, elleWorkload(workload), { set: [], stepsMax: 1_000_000, ...options });
const types = async (...asked: Parameters<typeof judge>): Promise<unknown> => (await judge(...asked)).verdict.details?.["anomaly-types"];

const refusal = async (path: string, workload: string, options: Partial<ElleJudgeOptions> = {}): Promise<string> => {
  try {
    await judge(path, workload, options);
    return "accepted";
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    return `${error.code}: ${error.message}; ${error.nextStep}`;
  }
};

describe("check --elle", () => {
  const skew = history("skew.edn", ["[[:r :x nil] [:append :y 1]]", "[[:r :y nil] [:append :x 1]]"], { concurrent: true });

  test("--json speaks in Elle's names: verdict, anomaly-types, not, also-not", async () => {
    const ran = await rashomon(["check", skew, "--elle", "list-append", "--models", "serializable", "--json"]);

    expect(ran.code).toBe(1);
    expect(ran.json()).toMatchObject([{ verdict: "invalid", checker: "elle/list-append", operations: 2, "anomaly-types": ["G2-item"], not: ["repeatable-read"], "also-not": ["serializable", "strong-serializable", "strong-session-serializable"] }]);
  });

  test("for people: each transaction, each reason, what is ruled out, and the smallest sub-history as text and file", async () => {
    const stale = history("stale-append.edn", ["[[:append :x 1]]", "[[:r :x nil]]", "[[:append :y 1]]"]);
    const small = join(folder, "small.edn");

    const { out, code } = await rashomon(["check", stale, "--elle", "list-append", "--shrink", small]);

    expect(code).toBe(1);
    expect(out).toMatch(/G-single-item-realtime/);
    expect(out).toMatch(/T1 read x = \[\] and did not see 1, which T2 appended next/);
    expect(out).toMatch(/not strong-snapshot-isolation/);
    expect(out).toMatch(/the smallest sub-history that shows G-single-item-realtime, 2 of 3 transactions/);
    expect(readFileSync(small, "utf8")).toContain('[:append "x" 1]');
    expect(await types(small, "list-append")).toEqual(["G-single-item-realtime"]);
  });

  test("a write skew is snapshot isolation", async () => {
    expect((await judge(skew, "list-append", { models: ["snapshot-isolation"] })).verdict).toMatchObject({ verdict: "valid", details: { "anomaly-types": [], not: [], "also-not": [] } });
  });
});

describe("settings", () => {
  const chain = history("registers.edn", ["[[:w :x 1]]", "[[:r :x 1] [:w :x 2]]", "[[:r :x 2] [:w :x 3]]", "[[:r :x 3] [:r :x 3]]"]);
  const stale = history("stale.edn", ["[[:w :x 1]]", "[[:r :x 1] [:w :x 2]]", "[[:r :x 1]]"]);
  const blind = history("blind.edn", ["[[:w :x 1]]", "[[:w :x 2]]", "[[:r :x 1]]"]);

  test("writes that follow reads order versions", async () => {
    expect(await types(chain, "rw-register", { set: ["wfr-keys=true"] })).toEqual([]);
    expect(await types(stale, "rw-register")).toEqual([]);
    expect(await types(stale, "rw-register", { set: ["wfr-keys?=true"] })).toEqual(["G-single-item-realtime"]);
  });

  test("registers that are read before they are written are judged completely", async () => {
    const { verdict } = await judge(chain, "rw-register", { set: ["rmw=true"] });

    expect(verdict).toMatchObject({ verdict: "valid", details: { complete: true } });
    expect(await refusal(chain, "rw-register", { set: ["rmw=true"], models: ["read-committed"] })).toMatch(/BAD_OPTION: orders of versions do not follow from reads under read-committed; leave rmw out/);
  });

  test("keys that are linearizable order versions, and so does each process", async () => {
    expect(await types(blind, "rw-register")).toEqual([]);
    expect(await types(blind, "rw-register", { set: ["linearizable-keys=true"] })).toEqual(["cyclic-versions"]);
    expect(await types(history("one.edn", ["[[:w :x 1]]"]), "rw-register", { set: ["sequential-keys=true"], models: ["serializable"] })).toEqual(["empty-transaction-graph"]);
  });

  test("a database's own order of transactions, as a list or an object", async () => {
    const list = file("order.json", "[1, 3, 5]");
    const object = file("order-object.json", '{"1": 10, "3": 20, "5": 30}');
    const kind = file("kind.json", '{"3": 0, "1": 1, "5": 2}');

    expect(await types(blind, "rw-register", { set: [`transaction-order=${list}`], models: ["serializable"] })).toEqual(await types(blind, "rw-register", { set: [`transaction-order=${object}`], models: ["serializable"] }));
    expect(await types(blind, "rw-register", { set: [`transaction-order=${list}`] })).not.toEqual([]);
    expect(await types(blind, "rw-register", { set: [`transaction-order=${kind}`], models: ["serializable"] })).toEqual([]);
  });
});

describe("what the database tells of itself", () => {
  const told = (read: number): string => history(`told-${read}.edn`, ["{:txn [[:w :x 1]] :start 1 :commit 5}", `{:txn [[:r :x ${read}]] :start 6}`, "{:txn [[:w :x 2]] :start 3 :commit 8}"], { concurrent: true });
  const overlapping = history("overlapping.edn", ["{:txn [[:w :x 1]] :start 1 :commit 5}", "{:txn [[:w :x 2]] :start 3 :commit 8}"], { concurrent: true });

  test("timestamps are a proof, or are contradicted by what clients saw", async () => {
    const replay = { models: ["serializable"], set: ["timestamps=true"] };

    expect((await judge(told(1), "rw-register", replay)).verdict).toMatchObject({ verdict: "valid", details: { evidence: "timestamps" } });
    expect(await types(told(2), "rw-register", replay)).toEqual(["timestamp-mismatch"]);
    expect(await types(told(2), "rw-register", { models: ["serializable"] })).toEqual([]);
    expect(await types(overlapping, "rw-register", { models: ["PL-SI"], set: ["timestamps=true"] })).toEqual(["timestamp-mismatch"]);
  });

  test("timestamps speak of two levels only", async () => {
    expect(await refusal(told(1), "rw-register", { set: ["timestamps=true"] })).toMatch(/BAD_OPTION: timestamps prove or contradict one of two levels, .*; say --models snapshot-isolation or --models serializable/);
  });

  test("the order of a key's versions finds a G0 that no client saw", async () => {
    const blind = history("blind-pairs.edn", ["[[:w :x 1] [:w :y 1]]", "[[:w :x 2] [:w :y 2]]"], { concurrent: true });
    const crossed = file("crossed.json", '{"x": [1, 2], "y": [2, 1]}');
    const straight = file("straight.json", '{"x": [1, 2], "y": [1, 9, 2]}');

    expect(await types(blind, "rw-register", { set: [`version-order=${crossed}`] })).toEqual(["G0"]);
    expect(await types(blind, "rw-register", { set: [`version-order=${straight}`] })).toEqual([]);
    expect(await refusal(blind, "rw-register", { set: [`version-order=${file("twice.json", '{"x": [1, 1]}')}`] })).toMatch(/BAD_OPTION: --set version-order=.*twice.json: x has a value twice; name a JSON file/);
  });
});

describe("weak levels on registers", () => {
  test("read atomic and causal consistency are judged exactly", async () => {
    const fractured = history("fractured.edn", ["[[:w :x 1] [:w :y 1]]", "[[:r :x nil] [:r :y 1]]"]);

    expect(await types(fractured, "rw-register", { models: ["read-committed"] })).toEqual([]);
    expect(await types(fractured, "rw-register", { models: ["read-committed", "read-atomic", "causal"] })).toEqual(["causal-violation", "read-atomic-violation"]);
    expect((await judge(fractured, "rw-register", { models: ["causal"], shrink: true })).smallest).toMatchObject({ anomaly: "causal-violation" });
  });

  test("a form that tells no real time is judged by sessions; what needs real time is refused", async () => {
    const skewed = file("sessions.txt", "r(0,0,1,1)\nw(1,1,1,1)\nr(1,0,2,2)\nw(0,2,2,2)\n");

    expect(await types(skewed, "rw-register")).toEqual(["G2-item"]);
    expect(await refusal(skewed, "rw-register", { models: ["strict-serializable"] })).toMatch(/BAD_OPTION: plume tells nothing about real time, so strict-serializable cannot be judged; ask for --models strong-session-serializable/);
  });
});

describe("what is refused", () => {
  test.each([
    ["an unknown model", { models: ["serialisable"] }, /BAD_OPTION: there is no consistency model "serialisable"/],
    ["an unknown setting", { set: ["nosuch=1"] }, /BAD_OPTION: --elle has no option "nosuch"; use wfr-keys/],
    ["a flag that is none", { set: ["wfr-keys=yes"] }, /BAD_OPTION: --set wfr-keys=yes: wfr-keys is true or false/],
    ["an order that is no file", { set: ["transaction-order=nosuch.json"] }, /BAD_OPTION: --set transaction-order=nosuch.json: it cannot be read as JSON/],
  ])("%s", async (_, options, message) => {
    expect(await refusal(history("some.edn", ["[[:append :x 1]]"]), "list-append", options)).toMatch(message);
  });

  test("an unknown workload lists what there is", () => {
    expect(() => elleWorkload("queue")).toThrow('there is no transactional workload "queue"');
  });

  test.each([
    ["the same element appended twice", "list-append", ["[[:append :x 1]]", "[[:append :x 1]]"], /op 3: appends 1 to x, as op 1 did before/],
    ["the same value written twice", "rw-register", ["[[:w :x 1]]", "[[:w :x 1]]"], /op 3: writes 1 to x, as op 1 did before/],
    ["an unknown micro-operation", "list-append", ["[[:pop :x 1]]"], /op 1: the micro-operation \["pop","x",1\] is neither r nor append/],
    ["a read that is no list", "list-append", ["[[:append :x 1]]", "[[:r :x 7]]"], /op 3: a read of x gave 7, not a list/],
    ["a value that is no transaction", "list-append", ["7"], /op 1: its value is 7/],
    ["an unknown predicate", "closed-predicate", ["[[:w :x 1]]", "[[:rp [:< 3] {}]]"], /op 3: the predicate \["<",3\] is none of true, \[= value\], \[mod divisor remainder\]/],
  ])("%s, with the operation named", async (_, workload, transactions, message) => {
    expect(await refusal(history("bad.edn", transactions), workload)).toMatch(message);
  });

  test.each([
    ["list-append", ["[[:append :x 1]]", "[[:r :x [1 7]]]"], /^op 3: x was read as \[1 7\], but nobody appended 7$/],
    ["rw-register", ["[[:w :x 1]]", "[[:r :x 7]]"], /^op 3: x was read as 7, but nobody wrote that$/],
    ["closed-predicate", ["[[:w :x 1]]", '[[:rp "true" {:x 7}]]'], /^op 3: x was seen as 7, but nobody wrote that$/],
    ["closed-predicate", ["[[:w :x 1]]", '[[:rp "true" {:x 1 :z 7}]]'], /^op 3: z was seen as 7, but nobody wrote that$/],
  ])("%s: what nobody wrote is named, and is a failure if asked for, as no model forbids it", async (workload, transactions, first) => {
    const path = history("unwritten.edn", transactions);

    expect((await judge(path, workload)).verdict).toMatchObject({ verdict: "valid", details: { "unwritten-reads": { first: expect.stringMatching(first) as string } } });
    expect((await judge(path, workload, { set: ["anomalies=unwritten-read"] })).verdict).toMatchObject({ verdict: "invalid", anomalies: [{ name: "unwritten-read", operations: [3] }] });
    expect((await judge(history("written.edn", ["[[:w :x 1]]", "[[:r :x 1]]"]), "rw-register")).verdict.details?.["unwritten-reads"]).toBeUndefined();
  });

  test("a cut file, with the line named", async () => {
    const whole = readFileSync(history("whole.edn", ["[[:append :x 1]]", "[[:r :x [1]]]"]), "utf8");

    expect(await refusal(file("cut.edn", whole.slice(0, -20)), "list-append")).toMatch(/HISTORY_MALFORMED: .*cut.edn:4: the last entry is cut/);
  });
});
