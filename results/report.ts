import { relative, sep } from "node:path";
import type { History } from "../harness/history.ts";
import { renderReport } from "./html/report.ts";
import type { ReportInput, RunRecord, RunReport, VerdictRecord, WitnessAccount } from "./records.ts";
import { statisticsOf } from "./statistics.ts";
import { count, duration } from "./words.ts";
import { type RunFolder, runFiles, type StoredRun, writeReportData } from "./store.ts";

export { renderReport } from "./html/report.ts";
export { type Headline, headlineOf } from "./html/headline.ts";

/** Writes `report.html` and the data to draw it again (`report.json`) into `folder`; returns the path of the page. */
export function writeReport(folder: RunFolder, input: ReportInput, runFolders: readonly string[]): string {
  writeReportData(folder, input, runFolders);
  return folder.writeText("report.html", renderReport(input));
}

/**
 * A run as the report shows it, from its folder alone. `base` is the folder of the report, for links.
 * A run that was killed has no verdict: it is shown as `unknown`, with that reason.
 */
export function runReportOf(stored: StoredRun, options: { readonly history?: History; readonly base?: string } = {}): RunReport {
  const base = options.base ?? stored.path;
  const verdict: VerdictRecord = stored.verdict ?? { schema: 1, verdict: "unknown", checkers: {}, counts: countsOf(options.history), faults: stored.faults, reasons: ["the run ended before it was judged; `rashomon check` judges its history"] };
  return {
    record: stored.run ?? unknownRecord,
    verdict: verdict.faults.length > 0 ? verdict : { ...verdict, faults: stored.faults },
    ...(options.history !== undefined && { history: options.history }),
    folder: relative(base, stored.path).split(sep).join("/") || ".",
    files: runFiles(stored.path, base),
  };
}

/** The report of a single run: its one witness is the cluster it ran on. */
export function reportOfRun(run: RunReport, options: { readonly harnessVersion: string; readonly createdAt: string }): ReportInput {
  const { record } = run;
  return { title: `${record.system}: ${record.workload}${record.nemesis.length > 0 ? ` under ${record.nemesis.join(", ")}` : ""}`, rerun: record.rerun, seed: record.seed, ...options, accounts: [accountOfRun(run)], runs: [run], comparisons: [] };
}

/** What a deployed (or, on the simulated cluster, simulated) run says, as a row of the table of accounts. */
export function accountOfRun(run: RunReport, expected?: WitnessAccount["expected"]): WitnessAccount {
  const { record, verdict, history } = run;
  const anomalies = Object.values(verdict.checkers).flatMap((checker) => (checker.verdict === "invalid" ? [...checker.anomalies] : []));
  const { ok, fail, info } = verdict.counts;
  const figures = [{ label: "operations", value: count(ok + fail + info) }, { label: "ok / fail / info", value: `${count(ok)} / ${count(fail)} / ${count(info)}` }];
  figures.push({ label: "faults", value: faultFigure(verdict) });
  if (history !== undefined) figures.push({ label: "duration", value: duration(statisticsOf(history).durationNs) });
  return {
    witness: record.cluster === "simulated" ? "simulate" : "deploy",
    system: record.system,
    verdict: verdict.verdict,
    ...(expected !== undefined && { expected }),
    summary: anomalies[0]?.explanation ?? verdict.reasons[0] ?? (verdict.verdict === "valid" ? "no anomaly in this run" : ""),
    figures,
    anomalies,
    seed: record.seed,
    ...(verdict.cpuMs !== undefined && { cpuMs: verdict.cpuMs }),
    ...(run.folder !== undefined && { run: run.folder }),
  };
}

function faultFigure({ faults }: VerdictRecord): string {
  if (faults.length === 0) return "none";
  const effective = faults.filter((fault) => fault.evidence?.effective === true || fault.healEvidence?.effective === true).length;
  return effective === faults.length ? `${count(faults.length)} (all seen to act)` : `${count(faults.length)} (${count(effective)} seen to act)`;
}

function countsOf(history: History | undefined): VerdictRecord["counts"] {
  const counts = { ok: 0, fail: 0, info: 0 };
  for (const row of history === undefined ? [] : statisticsOf(history).byFunction) {
    counts.ok += row.ok;
    counts.fail += row.fail;
    counts.info += row.info;
  }
  return counts;
}

const unknownRecord: RunRecord = {
  schema: 1, scenario: "a run without run.json", seed: "unknown", rerun: "unknown", startedAt: "unknown", system: "unknown", cluster: "unknown", workload: "unknown", nemesis: [],
  versions: {}, images: {}, commit: null, machine: { platform: "unknown", cpu: "unknown", cpus: 0, memoryBytes: 0 }, settings: {},
};
