import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { HarnessError } from "../harness/errors.ts";
import { makeFolders } from "../harness/folders.ts";
import { wallClock } from "../harness/time.ts";
import { readFaults } from "./faults.ts";
import { decodeReport, decodeRun, decodeVerdict } from "./store/decode.ts";
import type { FaultRecord, ReportInput, ReportRecord, RunFile, RunRecord, RunVerdict, VerdictRecord } from "./records.ts";

export type * from "./records.ts";
export { readFaults } from "./faults.ts";

/**
 * The store keeps what a run leaves, one folder a run:
 *
 *     runs/latest                              → the last run of all
 *     runs/<scenario>/latest                   → its last run
 *     runs/<scenario>/<time>-<seed>/run.json … verdict.json, report.html
 *
 * Two rules. What is written is whole: JSON files are written beside their name and moved over it, links too, so a
 * reader never meets half a file, and a SIGKILL loses at most what was never finished. What is read may be partial:
 * a run that was killed has no verdict, and its history is still worth judging.
 */
export interface RunFolder {
  /** Absolute. */
  readonly path: string;
  readonly paths: RunPaths;
  writeRun(record: RunRecord): void;
  writeVerdict(record: VerdictRecord): void;
  /** Writes a report (`report.html`, `junit.xml`, any other text) whole or not at all; returns its absolute path. */
  writeText(name: string, text: string): string;
}

/** Absolute paths of a run's files; `docs/results.md` explains each. */
export interface RunPaths {
  readonly run: string;
  readonly history: string;
  readonly faults: string;
  readonly verdict: string;
  readonly report: string;
  readonly reportData: string;
  readonly junit: string;
  /** Folder; `<logs>/<node>/…` below it. */
  readonly logs: string;
}

/** What could be read of a run. Absent members were missing files. */
export interface StoredRun {
  readonly path: string;
  readonly paths: RunPaths;
  readonly run?: RunRecord;
  readonly verdict?: VerdictRecord;
  /** From the ledger: at least as complete as the verdict's. */
  readonly faults: readonly FaultRecord[];
  readonly hasHistory: boolean;
  /** One line for each file that is missing or was cut: `verdict.json is missing: the run was not judged`. */
  readonly notes: readonly string[];
}

/**
 * Makes `<root>/<scenario>/<time>-<seed>/` with its logs folder and points the `latest` links at it.
 * Two runs of one second and seed get `-2`, `-3` … at the end. Throws `FILE_UNREADABLE` where the root cannot be written.
 */
export function createRunFolder(options: { readonly root?: string; readonly scenario: string; readonly seed: string }): RunFolder {
  const root = resolve(options.root ?? "runs");
  const scenario = folderName(options.scenario);
  const parent = join(root, scenario);
  const label = `${timeLabel(wallClock())}-${folderName(options.seed)}`;
  try {
    makeFolders(parent);
    const name = makeFresh(parent, label);
    const path = join(parent, name);
    mkdirSync(runPaths(path).logs);
    pointLink(join(parent, "latest"), name);
    pointLink(join(root, "latest"), join(scenario, name));
    return openRunFolder(path);
  } catch (cause) {
    throw new HarnessError("FILE_UNREADABLE", `cannot make a run folder below ${root}`, {
      nextStep: "give a folder that can be written, with room on its disk",
      cause,
    });
  }
}

/** The writers of a folder that exists already, for `check RUN` and `report RUN`. */
export function openRunFolder(path: string): RunFolder {
  const folder = resolve(path);
  const paths = runPaths(folder);
  return {
    path: folder,
    paths,
    writeRun: (record) => writeWhole(paths.run, jsonText(record)),
    writeVerdict: (record) => writeWhole(paths.verdict, jsonText(record)),
    writeText: (name, text) => {
      writeWhole(join(folder, name), text);
      return join(folder, name);
    },
  };
}

/**
 * Reads a run from its files alone. `path` is a run's folder, a `latest` link, or a file in the folder.
 * Throws `RUN_UNREADABLE` when there is no run at `path`, or when `run.json` or `verdict.json` is no such record.
 */
export function readRunFolder(path: string): StoredRun {
  const folder = folderOf(path);
  const paths = runPaths(folder);
  const known = [paths.run, paths.history, paths.faults, paths.verdict].filter((file) => existsSync(file));
  if (known.length === 0) {
    const runs = existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(runPaths(join(folder, name)).run)) : [];
    throw new HarnessError("RUN_UNREADABLE", `${folder} holds no run: neither run.json nor history.jsonl nor faults.jsonl nor verdict.json`, {
      nextStep: runs.length > 0 ? `name one of its runs, such as ${join(path, runs.at(-1)!)}` : "give the folder that a run printed, or runs/latest",
    });
  }
  const notes: string[] = [];
  const run = existsSync(paths.run) ? decodeRun(paths.run) : undefined;
  if (run === undefined) notes.push("run.json is missing: seed, versions and settings are unknown");
  const verdict = existsSync(paths.verdict) ? decodeVerdict(paths.verdict) : undefined;
  if (verdict === undefined) notes.push("verdict.json is missing: the run ended before it was judged; `rashomon check` judges it");
  const hasHistory = existsSync(paths.history);
  if (!hasHistory) notes.push("history.jsonl is missing: nothing can be judged again");
  const ledger = readFaults(paths.faults);
  notes.push(...ledger.notes);
  const faults = ledger.faults.length > 0 || verdict === undefined ? ledger.faults : verdict.faults;
  return { path: folder, paths, ...(run && { run }), ...(verdict && { verdict }), faults, hasHistory, notes };
}

/** `path` and its size and hash, for each of the run's raw files that exist; paths are relative to `base`. Reads every byte once. */
export function runFiles(runPath: string, base: string = runPath): RunFile[] {
  const files: RunFile[] = [];
  const add = (path: string, about: string): void => {
    const shown = relative(base, path).split(sep).join("/");
    files.push({ path: shown, sizeBytes: statSync(path).size, sha256: sha256Of(path), about });
  };
  const paths = runPaths(resolve(runPath));
  for (const [path, about] of rawFiles(paths)) if (existsSync(path)) add(path, about);
  for (const log of existsSync(paths.logs) ? readdirSync(paths.logs, { recursive: true, withFileTypes: true }) : []) {
    if (log.isFile()) add(join(log.parentPath, log.name), `log of ${relative(paths.logs, log.parentPath) || "the run"}`);
  }
  return files;
}

/** Writes `report.json` for `input`, whose runs live in `runFolders`; `report RUN` draws it again. Returns its path. */
export function writeReportData(folder: RunFolder, input: ReportInput, runFolders: readonly string[]): string {
  const { runs: _runs, ...rest } = input;
  const relativeFolders = runFolders.map((path) => relative(folder.path, resolve(path)).split(sep).join("/") || ".");
  const record: ReportRecord = { schema: 1, ...rest, runFolders: relativeFolders };
  writeWhole(folder.paths.reportData, jsonText(record));
  return folder.paths.reportData;
}

/** Reads `report.json` back; `runFolders` come out absolute. Undefined when the folder has none. */
export function readReportData(path: string): ReportRecord | undefined {
  const folder = folderOf(path);
  const file = runPaths(folder).reportData;
  if (!existsSync(file)) return undefined;
  const record = decodeReport(file);
  return { ...record, runFolders: record.runFolders.map((run) => (isAbsolute(run) ? run : join(folder, run))) };
}

/** Paths of a run's files below `folder`. Pure. */
export function runPaths(folder: string): RunPaths {
  return {
    run: join(folder, "run.json"),
    history: join(folder, "history.jsonl"),
    faults: join(folder, "faults.jsonl"),
    verdict: join(folder, "verdict.json"),
    report: join(folder, "report.html"),
    reportData: join(folder, "report.json"),
    junit: join(folder, "junit.xml"),
    logs: join(folder, "logs"),
  };
}

/** The worst of several runs' verdicts, as exit codes order them: invalid > vacuous > unknown > valid. */
export function worstRunVerdict(verdicts: Iterable<RunVerdict>): RunVerdict {
  const order: readonly RunVerdict[] = ["valid", "unknown", "vacuous", "invalid"];
  let result = 0;
  for (const verdict of verdicts) result = Math.max(result, order.indexOf(verdict));
  return order[result]!;
}

function rawFiles(paths: RunPaths): readonly (readonly [path: string, about: string])[] {
  return [
    [paths.run, "what ran: scenario, seed, versions, settings, machine"],
    [paths.history, "every operation as the clients saw it"],
    [paths.faults, "ledger of the faults: intent, effect, heal"],
    [paths.verdict, "the checkers' verdicts in full"],
    [paths.junit, "the verdict for a continuous-integration server"],
  ];
}

function makeFresh(parent: string, label: string): string {
  for (let attempt = 1; attempt < 10_000; attempt++) {
    const name = attempt === 1 ? label : `${label}-${attempt}`;
    try {
      mkdirSync(join(parent, name));
      return name;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
  throw new Error(`10,000 runs named ${label} exist in ${parent}`);
}

/** Readers see the old target or the new one, never none. Where links cannot be made (some file systems) there is none. */
function pointLink(link: string, target: string): void {
  const temporary = `${link}.${process.pid}.tmp`;
  try {
    rmSync(temporary, { force: true });
    symlinkSync(target, temporary, "dir");
    renameSync(temporary, link);
  } catch {
    rmSync(temporary, { force: true });
  }
}

function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, "w");
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(temporary);
    throw error;
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

function sha256Of(path: string): string {
  const hash = createHash("sha256");
  const file = openSync(path, "r");
  const chunk = Buffer.allocUnsafe(1 << 20);
  try {
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) hash.update(chunk.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}

function folderOf(path: string): string {
  const whole = resolve(path);
  const found = statSync(whole, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new HarnessError("RUN_UNREADABLE", `${path} does not exist`, { nextStep: "give the folder that a run printed, or runs/latest" });
  }
  return found.isDirectory() ? whole : dirname(whole);
}

function jsonText(value: RunRecord | VerdictRecord | ReportRecord): string {
  return JSON.stringify(value, null, 2) + "\n";
}

/** A name that is safe as a folder's on every system: `abd/register` → `abd-register`. */
function folderName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9._+=-]+/g, "-").replace(/^[.-]+|[.-]+$/g, "");
  return name === "" || name === "latest" ? `run-${name}` : name.slice(0, 100);
}

/** `20261121T232549Z`: sorts by time and needs no quoting. */
function timeLabel(date: Date): string {
  return date.toISOString().replace(/[-:]/g, "").replace(/\.\d+/, "");
}
