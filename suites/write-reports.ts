import { describeError } from "../harness/errors.ts";
import type { History } from "../harness/history.ts";
import { junitXml } from "../results/junit.ts";
import type { ReportInput, RunReport, VerdictRecord } from "../results/records.ts";
import { reportOfRun, runReportOf, writeReport } from "../results/report.ts";
import { readRunFolder, type RunFolder } from "../results/store.ts";
import { harnessVersion } from "./machine.ts";

/** A stored run as a part of a report whose folder is `base`. */
export function storedReport(run: { readonly folder: RunFolder; readonly history: History }, base: RunFolder = run.folder): RunReport {
  return runReportOf(readRunFolder(run.folder.path), { history: run.history, base: base.path });
}

/** `verdict.json`, `report.html` and `junit.xml` of one run that is stored and judged. A file that fails is said; the verdict is told all the same. */
export function writeReports(run: { readonly folder: RunFolder; readonly history: History; readonly verdict: VerdictRecord; readonly tell: (line: string) => void }): void {
  attempt("verdict.json", run.tell, () => run.folder.writeVerdict(run.verdict));
  attempt("junit.xml", run.tell, () => run.folder.writeText("junit.xml", junitXml([storedReport(run)])));
  attempt("report.html", run.tell, () => {
    const report = storedReport(run);
    return writeReport(run.folder, reportOfRun(report, { harnessVersion: harnessVersion(), createdAt: report.record.startedAt }), [run.folder.path]);
  });
}

/** The report of several runs and accounts; its path, or undefined when it could not be drawn (which is said). */
export function writeWholeReport(report: { readonly folder: RunFolder; readonly input: ReportInput; readonly runFolders: readonly string[]; readonly tell: (line: string) => void }): string | undefined {
  return attempt("report.html", report.tell, () => writeReport(report.folder, report.input, report.runFolders));
}

function attempt<T>(name: string, tell: (line: string) => void, write: () => T): T | undefined {
  try {
    return write();
  } catch (error) {
    tell(`${name} could not be written: ${describeError(error)}`);
    return undefined;
  }
}
