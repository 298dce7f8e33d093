import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Verdict } from "../../harness/verdict.ts";
import { harnessVersion } from "../machine.ts";
import { regress, type RegressSummary } from "./regress.ts";
import { readTrackRecord, type TrackLine } from "./record.ts";
import { regressionRows } from "./registry.ts";
import { type RegressionRow, reproduces, type TrialContext, type TrialResult } from "./row.ts";
import { foundBy } from "./scenario-trial.ts";
import { steadyRows } from "./steady.ts";
import { trackRecord } from "./track-record.ts";

const folder = mkdtempSync(join(tmpdir(), "rashomon-regress-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clean: TrialResult = { verdict: "valid", found: [], counts: { ok: 9, fail: 1, info: 0 }, versions: { rashomon: harnessVersion(), toy: "1.2", node: "24" }, wallMs: 2000, rerun: "rashomon run toy" };
const broken: TrialResult = { ...clean, verdict: "invalid", found: [{ checker: "set-full", anomaly: "lost", count: 3 }] };

function row(anomalous: (context: TrialContext) => TrialResult): RegressionRow {
  return {
    name: "toy",
    corpus: "28E",
    title: "a toy loses",
    expected: { checker: "set-full", anomalies: ["lost", "divergent"] },
    anomalous: { label: "unsafe", run: async (context) => anomalous(context) },
    control: { by: "setting", label: "safe", run: async () => clean },
    runs: 2,
  };
}

async function go(record: string, one: RegressionRow, runs?: number): Promise<RegressSummary> {
  return await regress({ rows: [one], record, runFolders: folder, signal: new AbortController().signal, tell: () => {}, ...(runs === undefined ? {} : { runs }) });
}

describe("regress", () => {
  it("runs each side as often as is wanted, each run with a seed of its own", async () => {
    const seeds: string[] = [];
    const { lines } = await go(join(folder, "a.jsonl"), row(({ seed }) => (seeds.push(seed), broken)));

    expect(seeds).toEqual(["toy-anomalous-0", "toy-anomalous-1"]);
    expect(lines.map(({ side, reproduced, verdict }) => [side, reproduced, verdict])).toEqual([
      ["anomalous", true, "invalid"],
      ["anomalous", true, "invalid"],
      ["control", false, "valid"],
      ["control", false, "valid"],
    ]);
  });

  it("goes on where the record ends, also after a line that was cut off", async () => {
    const record = join(folder, "b.jsonl");
    const seeds: string[] = [];
    const one = row(({ seed }) => (seeds.push(seed), broken));
    await go(record, one, 1);
    await go(record, one, 3);

    expect(seeds).toEqual(["toy-anomalous-0", "toy-anomalous-1", "toy-anomalous-2"]);
    appendFileSync(record, '{"schema":1,"row":"toy"');
    expect(readTrackRecord(record)).toHaveLength(6);
  });

  it("a run that cannot be made is told and not recorded; the others are made", async () => {
    let asked = 0;
    const record = join(folder, "c.jsonl");
    const { lines, failures } = await go(record, row(() => {
      if (asked++ === 0) throw new Error("no engine");
      return broken;
    }));

    expect(failures).toEqual(["toy anomalous: no engine"]);
    expect(lines.filter(({ side }) => side === "anomalous")).toHaveLength(1);
    expect(readFileSync(record, "utf8")).not.toContain("no engine");
  });
});

describe("the track record", () => {
  it("shows rate, interval and counts of each side", async () => {
    const record = join(folder, "d.jsonl");
    let asked = 0;
    const one = row(() => (asked++ === 0 ? clean : broken));
    const { lines } = await go(record, one, 4);
    const text = trackRecord(lines, [one]);

    expect(text).toContain("| **anomaly**: unsafe | 4 | found in 3 (1 valid) | 30 % … 95 % | set-full lost: in 3 (3 … 3) | 9 / 1 / 0 | 2 s | rashomon 0.1.0, toy 1.2 | `toy-anomalous-1` |");
    expect(text).toContain("| control by setting: safe | 4 | valid in 4 | 51 % … 100 % | none |");
  });

  it("is empty but for its head without results", () => {
    expect(trackRecord([], [row(() => broken)])).not.toContain("##");
  });
});

describe("what counts as found", () => {
  it("any of the expected names by the expected checker, no other", () => {
    expect(reproduces(row(() => broken), broken)).toBe(true);
    expect(reproduces(row(() => broken), { found: [{ checker: "set-full", anomaly: "unexpected", count: 1 }] })).toBe(false);
    expect(reproduces(row(() => broken), { found: [{ checker: "stats", anomaly: "lost", count: 1 }] })).toBe(false);
  });

  it.each([
    ["the checker's count by name", { details: { counts: { "G2-item": 12 } } }, 12],
    ["the anomaly's own count", { anomalyDetails: { count: 7 } }, 7],
    ["or how many are shown", {}, 2],
  ] as const)("is counted by %s", (_how, given: { details?: Verdict["details"]; anomalyDetails?: { count: number } }, count) => {
    const anomaly = { name: "G2-item", operations: [1], explanation: "", ...(given.anomalyDetails === undefined ? {} : { details: given.anomalyDetails }) };
    const verdict: Verdict = { verdict: "invalid", checker: "elle", anomalies: [anomaly, anomaly], ...(given.details === undefined ? {} : { details: given.details }) };

    expect(foundBy({ elle: verdict, stats: { verdict: "valid", checker: "stats" } })).toEqual([{ checker: "elle", anomaly: "G2-item", count }]);
  });
});

describe("a steady row", () => {
  const line = (side: TrackLine["side"], more: Partial<TrackLine> = {}): TrackLine => {
    const own = side === "anomalous" ? { ...broken, label: "unsafe", reproduced: true } : { ...clean, label: "safe", reproduced: false };
    return { schema: 1, row: "toy", side, seed: "toy", commit: null, at: "", ...own, ...more };
  };
  const lines = (anomalous: readonly Partial<TrackLine>[], control: readonly Partial<TrackLine>[]): TrackLine[] => [...anomalous.map((more) => line("anomalous", more)), ...control.map((more) => line("control", more))];
  const thrice = [{}, {}, {}];

  it.each([
    ["was found each time, beside a valid control", lines(thrice, thrice), true],
    ["missed once in ten is one still", lines([...Array<object>(9).fill({}), { reproduced: false }], thrice), true],
    ["missed once in three is none", lines([{}, {}, { reproduced: false }], thrice), false],
    ["whose control was invalid once is none", lines(thrice, [{}, {}, { verdict: "invalid" }]), false],
    ["of two runs is none yet", lines([{}, {}], thrice), false],
    ["of half a minute is none", lines(thrice.map(() => ({ wallMs: 31_000 })), thrice), false],
    ["that was defined otherwise then is none yet", lines(thrice.map(() => ({ label: "before" })), thrice), false],
  ] as const)("that %s", (_what, given, steady) => {
    expect(steadyRows([row(() => broken)], given)).toHaveLength(steady ? 1 : 0);
  });
});

it("every row has a name of its own, wants at least three runs, and says what its two sides are", () => {
  expect(new Set(regressionRows.map(({ name }) => name)).size).toBe(regressionRows.length);
  for (const { runs, anomalous, control } of regressionRows) {
    expect(runs).toBeGreaterThanOrEqual(3);
    expect(anomalous.label).not.toBe("");
    expect(control.label).not.toBe(anomalous.label);
  }
});
