import { existsSync, readFileSync } from "node:fs";
import type { Evidence } from "../harness/disturbance.ts";
import { isObject, type Json } from "../harness/json.ts";
import type { FaultRecord } from "./records.ts";

/**
 * Reads the ledger (`faults.jsonl`) into one record per fault, in order of intent. The ledger is written ahead, so
 * after a SIGKILL it may end in half a line and in faults that have no end: both are kept as far as they go and said.
 * A missing file is a run without faults.
 */
export function readFaults(path: string): { readonly faults: readonly FaultRecord[]; readonly notes: readonly string[] } {
  const faults = new Map<string, Draft>();
  const notes: string[] = [];
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const entry = parseLine(line);
    if (entry === undefined) notes.push(`faults.jsonl:${i + 1} is no whole entry and was left out`);
    else note(faults, entry);
  }
  for (const fault of faults.values()) {
    if (fault.healedNs === undefined) notes.push(`fault ${fault.what} was not healed by the run; \`rashomon heal\` undoes what is left`);
  }
  return { faults: [...faults.values()], notes };
}

type Draft = { -readonly [key in keyof FaultRecord]: FaultRecord[key] };
type Entry = { readonly [key: string]: Json } & { readonly id: string; readonly event: string };

function note(faults: Map<string, Draft>, entry: Entry): void {
  const timeNs = typeof entry.timeNs === "number" ? entry.timeNs : 0;
  const evidence = evidenceOf(entry.evidence);
  if (entry.event === "intent") {
    if (entry.kind === "resource") return;
    faults.set(entry.id, { id: entry.id, what: typeof entry.what === "string" ? entry.what : entry.id, intendedNs: timeNs });
    return;
  }
  const fault = faults.get(entry.id);
  if (fault === undefined) return;
  if (entry.event === "done") {
    fault.doneNs = timeNs;
    if (evidence !== undefined) fault.evidence = evidence;
  }
  if (entry.event === "healed") {
    fault.healedNs = timeNs;
    if (evidence !== undefined) fault.healEvidence = evidence;
  }
}

function parseLine(line: string): Entry | undefined {
  try {
    const value: Json = JSON.parse(line);
    if (!isObject(value) || typeof value.id !== "string" || typeof value.event !== "string") return undefined;
    return { ...value, id: value.id, event: value.event };
  } catch {
    return undefined;
  }
}

function evidenceOf(value: Json | undefined): Evidence | undefined {
  if (!isObject(value) || typeof value.effective !== "boolean") return undefined;
  const seen = typeof value.seen === "string" ? value.seen : "";
  return value.data === undefined ? { effective: value.effective, seen } : { effective: value.effective, seen, data: value.data };
}
