import { resolve } from "node:path";
import { HarnessError } from "../harness/errors.ts";
import type { History } from "../harness/history.ts";
import { readHistoryFile } from "../harness/history-file.ts";
import type { RunReport, RunVerdict, VerdictRecord } from "../results/records.ts";
import { openRunFolder, readReportData, readRunFolder, type StoredRun } from "../results/store.ts";
import { findWorkload } from "../workloads/registry.ts";
import { parseSettings } from "../harness/options.ts";
import { analyse } from "./analyse.ts";
import { reportOfRun, runReportOf, writeReport } from "../results/report.ts";
import { harnessVersion } from "./machine.ts";
import { judgeReplay } from "./replay.ts";
import { systemOfRun, traceVerdictOf } from "./validate.ts";
import { writeReports } from "./write-reports.ts";

/** Judges a stored run again, without a cluster: its history, its ledger, its workload's checkers, its nodes' traces. Writes the new verdict and reports. */
export async function judgeRunAgain(path: string, options: { readonly budgetMs: number; readonly tell: (line: string) => void }): Promise<{ readonly run: StoredRun; readonly verdict: VerdictRecord; readonly history: History }> {
  const run = readRunFolder(path);
  for (const note of run.notes) options.tell(note);
  if (run.run === undefined || !run.hasHistory) {
    throw new HarnessError("RUN_UNREADABLE", `${path} has ${run.run === undefined ? "no run.json" : "no history.jsonl"}`, { nextStep: "give the folder of a run (runs/latest), or a history file with --spec" });
  }
  const { history, notes } = await readStoredHistory(run);
  notes.forEach(options.tell);
  const folder = openRunFolder(run.path);
  const system = run.run.workload === "replay" ? systemOfRun(run.run) : undefined;
  if (system !== undefined) {
    const verdict = judgeReplay({ system, history, logsFolder: run.paths.logs });
    folder.writeVerdict(verdict);
    return { run, verdict, history };
  }
  const workload = findWorkload(run.run.workload);
  const known = Object.entries(run.run.settings).filter(([name]) => workload.options.some((option) => option.name === name));
  const settings = parseSettings(known.map(([name, value]) => `${name}=${String(value)}`), workload.options, workload.name);
  const trace = traceVerdictOf(run, history);
  const verdict = await analyse({
    history,
    workload,
    settings,
    ...(trace === undefined ? {} : { trace }),
    faults: run.faults,
    faultsExpected: run.run.nemesis.length > 0,
    budgetMs: options.budgetMs,
    interrupted: run.verdict === undefined,
    ...(run.run.stopped === undefined ? {} : { stopped: run.run.stopped }),
    problems: [],
    record: run.run,
  });
  writeReports({ folder, history, verdict, tell: options.tell });
  return { run, verdict, history };
}

/** Draws the report of a run (or of a demo) again from its files alone. */
export async function drawReportAgain(path: string, tell: (line: string) => void): Promise<{ readonly report: string; readonly verdicts: readonly RunVerdict[] }> {
  const data = readReportData(path);
  const base = openRunFolder(path);
  const runFolders = (data?.runFolders ?? ["."]).map((folder) => resolve(base.path, folder));
  const runs: RunReport[] = [];
  for (const folder of runFolders) {
    const stored = readRunFolder(folder);
    stored.notes.forEach(tell);
    runs.push(runReportOf(stored, { base: base.path, ...(stored.hasHistory ? { history: (await readStoredHistory(stored)).history } : {}) }));
  }
  const first = runs[0];
  if (data === undefined && first === undefined) {
    throw new HarnessError("RUN_UNREADABLE", `${path} has neither a run nor report.json`, { nextStep: "give the folder of a run, such as runs/latest" });
  }
  const input = data === undefined ? reportOfRun(first!, { harnessVersion: harnessVersion(), createdAt: first!.record.startedAt }) : { ...data, runs };
  return { report: writeReport(base, input, runFolders), verdicts: runs.map((run) => run.verdict.verdict) };
}

async function readStoredHistory(run: StoredRun): Promise<{ history: History; notes: readonly string[] }> {
  const read = await readHistoryFile(run.paths.history);
  return { history: read.history, notes: read.torn === undefined ? [] : [read.torn] };
}
