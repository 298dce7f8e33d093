import { existsSync, readFileSync } from "node:fs";
import type { Evidence } from "../harness/disturbance.ts";
import { type LedgerLine, parseLedgerLine } from "../harness/ledger/entries.ts";
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
  for (const [i, text] of lines.entries()) {
    if (text.trim() === "") continue;
    const line = parseLedgerLine(text);
    if (line === undefined) notes.push(`faults.jsonl:${i + 1} is no whole entry and was left out`);
    else add(faults, line);
  }
  for (const fault of faults.values()) {
    if (fault.healedNs === undefined && fault.healedBy === undefined) notes.push(`fault ${fault.what} was not healed by the run; \`rashomon heal\` undoes what is left`);
  }
  return { faults: [...faults.values()], notes };
}

type Draft = { -readonly [key in keyof FaultRecord]: FaultRecord[key] };

function add(faults: Map<string, Draft>, line: LedgerLine): void {
  if (line.event === "owner") return;
  if (line.event === "intent") {
    if (line.kind === "fault") faults.set(line.id, { id: line.id, what: line.what, intendedNs: timeOf(line) ?? 0 });
    return;
  }
  const fault = faults.get(line.id);
  if (fault === undefined) return;
  const timeNs = timeOf(line);
  const evidence = evidenceOf(line.evidence);
  if (line.event === "done") {
    if (timeNs !== undefined) fault.doneNs = timeNs;
    if (evidence !== undefined) fault.evidence = evidence;
    return;
  }
  fault.healedBy = line.by ?? "run";
  if (timeNs !== undefined) fault.healedNs = timeNs;
  if (evidence !== undefined) fault.healEvidence = evidence;
}

/** A time on the run's clock; who healed after the run wrote -1. */
function timeOf(line: { readonly timeNs?: number }): number | undefined {
  return typeof line.timeNs === "number" && line.timeNs >= 0 ? line.timeNs : undefined;
}

/** The ledger's reader checks only what heal needs; evidence is checked here. */
function evidenceOf(evidence: Evidence | undefined): Evidence | undefined {
  return typeof evidence === "object" && evidence !== null && typeof evidence.effective === "boolean" && typeof evidence.seen === "string" ? evidence : undefined;
}
