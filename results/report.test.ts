import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { historyOf } from "../harness/history.ts";
import type { Anomaly } from "../harness/verdict.ts";
import type { ReportInput, RunVerdict, WitnessAccount } from "./records.ts";
import { headlineOf, renderReport, reportOfRun, runReportOf, writeReport } from "./report.ts";
import { createRunFolder, readReportData, readRunFolder } from "./store.ts";
import { sampleReport } from "./testing/sample.ts";
import { markupFault } from "./testing/well-formed.ts";

const empty: ReportInput = { title: "t", rerun: "rashomon run x", seed: "1", createdAt: "2026", harnessVersion: "0", accounts: [], runs: [], comparisons: [] };

function account(system: string, verdict: RunVerdict, more: Partial<WitnessAccount> = {}): WitnessAccount {
  return { witness: "deploy", system, verdict, summary: "said", figures: [], ...more };
}

describe("the report", () => {
  test("it is one file: well-formed, no script, nothing fetched, every link inside it or to a file beside it", () => {
    const page = renderReport(sampleReport());

    expect(markupFault(page)).toBeUndefined();
    expect(page).not.toContain("<script");
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page).not.toMatch(/url\(|@import/);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]!);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  test("what a reader looks for is there: verdict, witnesses, counterexample, bounds, coverage, evidence, hashes, rerun", () => {
    const page = renderReport(sampleReport());

    for (const text of [
      "All 7 accounts are as expected", "keeps its promise as proved within the stated bounds", "read → 12 by process 4 began after write 17 had returned",
      "Within these bounds, every behaviour was visited", "9 of 184 histories in 400 rounds", "Good and Turing", "42 frames held, 3 connects refused", "were not seen to take effect",
      "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "npm run demo -- --seed 42", "rule of three", "Clock faults, disk faults", "rate=250",
    ]) expect(page).toContain(text);
    expect([...page.matchAll(/<svg /g)].length).toBeGreaterThanOrEqual(7);
    for (const [tag] of page.matchAll(/<svg [^>]*>/g)) expect(tag).toMatch(/role="img" aria-label="[^"]+"/);
    for (const [tag] of page.matchAll(/<th[ >][^>]*/g)) expect(tag).toContain("scope=");
  });

  test("the same input gives the same page", () => {
    expect(renderReport(sampleReport())).toBe(renderReport(sampleReport()));
  });

  test("text of others cannot become markup, wherever it comes from", () => {
    const evil = `"><img src=x onerror=alert(1)><script>x</script>&`;
    const sample = sampleReport();
    const run = sample.runs[1]!;
    const anomaly: Anomaly = { name: evil, operations: [0], explanation: evil, expected: evil, received: evil };
    const page = renderReport({
      ...sample, title: evil, lead: evil, rerun: evil, seed: evil,
      accounts: [account(evil, "invalid", { summary: evil, figures: [{ label: evil, value: evil }], anomalies: [anomaly], bounds: [evil], rerun: evil })],
      runs: [{ ...run, record: { ...run.record, scenario: evil, settings: { [evil]: evil }, images: { [evil]: evil }, clients: [evil] }, verdict: { ...run.verdict, reasons: [evil], faults: [{ id: evil, what: evil, intendedNs: 0, evidence: { effective: true, seen: evil } }], checkers: { [evil]: { checker: evil, verdict: "unknown", reason: evil } } }, files: [{ path: evil, sizeBytes: 1, sha256: evil }] }],
      controls: [{ name: evil, kind: "canary", expected: "invalid", verdict: "valid", note: evil }],
    });

    expect(markupFault(page)).toBeUndefined();
    expect(page).not.toMatch(/<img|<script/);
  });

  test("a picture that cannot be drawn is said in its place and costs nothing else", () => {
    const broken = { kind: "process-lines", title: "broken" };
    const anomaly: Anomaly = { name: "nonlinearizable", operations: [], explanation: "the sentence", diagrams: [JSON.parse(JSON.stringify(broken))] };

    const page = renderReport({ ...empty, accounts: [account("abd", "invalid", { anomalies: [anomaly] })] });

    expect(page).toContain("could not be drawn; the verdict does not depend on it");
    expect(page).toContain("the sentence");
    expect(markupFault(page)).toBeUndefined();
  });

  test("an empty report, and a run without anything in it, are pages too", () => {
    expect(markupFault(renderReport(empty))).toBeUndefined();
    const [run] = sampleReport().runs;
    const bare = { record: run!.record, verdict: { schema: 1 as const, verdict: "vacuous" as const, checkers: {}, counts: { ok: 0, fail: 0, info: 0 }, faults: [], reasons: ["no read returned after the last fault"] } };
    const page = renderReport({ ...empty, runs: [bare, { ...bare, history: historyOf([]) }] });
    expect(markupFault(page)).toBeUndefined();
    expect(page).toContain("No verdict: there is too little evidence for one.");
    expect(page).toContain("no read returned after the last fault");
    expect(page).not.toMatch(/NaN|Infinity/);
  });
});

describe("the headline", () => {
  test.each<[string, readonly WitnessAccount[], string, string]>([
    ["a broken promise without expectation", [account("x", "invalid")], "bad", "The promise is broken."],
    ["no anomaly", [account("x", "valid")], "good", "No anomaly was found."],
    ["unknown beside valid", [account("x", "valid"), account("y", "unknown")], "unsure", "No verdict: a checker reached its budget before it could tell."],
    ["a twin caught as expected", [account("x", "invalid", { expected: "invalid" })], "good", "The account is as expected: x breaks its promise."],
    ["a twin that was not caught", [account("x", "valid", { expected: "invalid" })], "bad", "Not as expected: x, deployed, is valid and should be invalid."],
    ["a product that is broken", [account("x", "invalid", { expected: "valid", witness: "explore" }), account("y", "unknown", { expected: "valid" })], "bad", "Not as expected: x, explored, is invalid and should be valid; 1 more accounts differ."],
  ])("%s", (_name, accounts, tone, sentence) => {
    expect(headlineOf({ accounts, runs: [] })).toMatchObject({ tone, sentence });
  });
});

describe("reports on disk", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "rashomon-report-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test("report.html and report.json are written; the data names the runs' folders", () => {
    const run = createRunFolder({ root, scenario: "abd", seed: "42" });
    const demo = createRunFolder({ root, scenario: "demo", seed: "42" });

    const path = writeReport(demo, sampleReport(), [run.path]);

    expect(readFileSync(path, "utf8")).toBe(renderReport(sampleReport()));
    const again = readReportData(demo.path);
    expect(again?.runFolders).toEqual([run.path]);
    expect(again?.accounts).toEqual(JSON.parse(JSON.stringify(sampleReport().accounts)));
  });

  test("a killed run, with nothing but a ledger and a history, is reported as unknown with its reason", () => {
    const folder = createRunFolder({ root, scenario: "abd", seed: "42" });
    writeFileSync(folder.paths.faults, '{"event":"intent","id":"f-1","what":"pause n3","kind":"fault","undo":[],"timeNs":5}\n');
    writeFileSync(folder.paths.history, "");

    const run = runReportOf(readRunFolder(folder.path), { history: historyOf([{ process: 0, type: "invoke", f: "read", value: null, timeNs: 1 }]) });
    const page = renderReport(reportOfRun(run, { harnessVersion: "0", createdAt: "2026" }));

    expect(run.verdict).toMatchObject({ verdict: "unknown", faults: [{ what: "pause n3" }] });
    expect(page).toContain("the run ended before it was judged");
    expect(page).toContain("pause n3");
    expect(markupFault(page)).toBeUndefined();
  });
});
