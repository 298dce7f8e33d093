import { readFileSync } from "node:fs";
import { HarnessError } from "../../harness/errors.ts";
import { isObject, type Json } from "../../harness/json.ts";
import type { ReportRecord, RunRecord, VerdictRecord } from "../records.ts";

/**
 * From a run's JSON files to its records: what a reader relies on is checked, what an older version did not write gets
 * its empty value, and what is no such record is refused by the file's name (`RUN_UNREADABLE`).
 */
export function decodeRun(file: string): RunRecord {
  const value = parseFile(file);
  if (!isObject(value) || typeof value.scenario !== "string" || typeof value.seed !== "string" || typeof value.rerun !== "string") {
    throw unreadable(file, "it has no scenario, seed and rerun texts");
  }
  const partial: { readonly [key: string]: Json } = value;
  const filled = {
    schema: 1, startedAt: "", system: "", cluster: "", workload: "", nemesis: [], versions: {}, images: {}, commit: null,
    machine: { platform: "unknown", cpu: "unknown", cpus: 0, memoryBytes: 0 }, settings: {}, ...partial,
  };
  // A decoder's cast: the members that name the run were checked, the others were given their empty values.
  return filled as unknown as RunRecord;
}

/** `verdict.json`. Throws `RUN_UNREADABLE`. */
export function decodeVerdict(file: string): VerdictRecord {
  const value = parseFile(file);
  const verdicts: readonly unknown[] = ["valid", "invalid", "unknown", "vacuous"];
  if (!isObject(value) || !verdicts.includes(value.verdict)) throw unreadable(file, "its verdict is none of valid, invalid, unknown, vacuous");
  if (value.checkers !== undefined && !isObject(value.checkers)) throw unreadable(file, "its checkers are no object");
  const filled = { schema: 1, checkers: {}, counts: { ok: 0, fail: 0, info: 0 }, faults: [], reasons: [], ...value };
  // A decoder's cast, as above.
  return filled as unknown as VerdictRecord;
}

function parseFile(file: string): Json {
  try {
    const value: Json = JSON.parse(readFileSync(file, "utf8"));
    return value;
  } catch (cause) {
    throw unreadable(file, "it is no JSON", cause);
  }
}

function unreadable(file: string, why: string, cause?: unknown): HarnessError {
  return new HarnessError("RUN_UNREADABLE", `${file} cannot be used: ${why}`, {
    nextStep: "move that file away and try again: the other files of the run are read without it",
    ...(cause !== undefined && { cause }),
  });
}

/** `report.json`. Throws `RUN_UNREADABLE`. */
export function decodeReport(file: string): ReportRecord {
  const value = parseFile(file);
  if (!isObject(value) || !Array.isArray(value.runFolders) || !Array.isArray(value.accounts)) throw unreadable(file, "it has no list of accounts and runFolders");
  // A decoder's cast: the shape was checked as far as a reader needs it; drawing failures are caught.
  return value as unknown as ReportRecord;
}
