import { relative, sep } from "node:path";
import { describeError } from "../harness/errors.ts";
import type { History } from "../harness/history.ts";
import { renderReport } from "../results/html/report.ts";
import { junitOf } from "../results/junit.ts";
import type { ReportInput, RunRecord, RunReport, VerdictRecord } from "../results/records.ts";
import { type RunFolder, runFiles, writeReportData } from "../results/store.ts";
import { harnessVersion } from "./machine.ts";

export interface RunToReport {
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly verdict: VerdictRecord;
  readonly history: History;
}

/** One run as a part of a report whose folder is `base`. */
export function runReportOf(run: RunToReport, base: RunFolder = run.folder): RunReport {
  return {
    record: run.record,
    verdict: run.verdict,
    history: run.history,
    folder: relative(base.path, run.folder.path).split(sep).join("/") || ".",
    files: runFiles(run.folder.path, base.path),
  };
}

/** `report.html` and `junit.xml` of one run. A report that fails is said and changes nothing. */
export function writeReports(run: RunToReport & { readonly tell: (line: string) => void }): void {
  const input: ReportInput = {
    title: run.record.scenario,
    rerun: run.record.rerun,
    seed: run.record.seed,
    createdAt: run.record.startedAt,
    harnessVersion: harnessVersion(),
    accounts: [],
    runs: [runReportOf(run)],
    comparisons: [],
    ...(run.record.limits === undefined ? {} : { limits: run.record.limits }),
  };
  try {
    run.folder.writeText("junit.xml", junitOf([{ record: run.record, verdict: run.verdict }]));
  } catch (error) {
    run.tell(`junit.xml could not be written: ${describeError(error)}`);
  }
  writeReport({ folder: run.folder, input, tell: run.tell });
}

/** One self-contained `report.html` and the data to draw it again; the path, or undefined when it failed (which is said). */
export function writeReport(report: { readonly folder: RunFolder; readonly input: ReportInput; readonly tell: (line: string) => void; readonly runFolders?: readonly string[] }): string | undefined {
  try {
    writeReportData(report.folder, report.input, report.runFolders ?? [report.folder.path]);
    return report.folder.writeText("report.html", renderReport(report.input));
  } catch (error) {
    report.tell(`the report could not be drawn: ${describeError(error)}`);
    return undefined;
  }
}
