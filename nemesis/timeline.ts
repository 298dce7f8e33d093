import { typeNames, type History } from "../harness/history.ts";
import { NEMESIS } from "../harness/ids.ts";
import { isArray, isObject, type Json } from "../harness/json.ts";
import type { LedgerLine } from "../harness/ledger/entries.ts";

/**
 * What the faults of a run were, and when: for reports, plots and the judgement whether the run proves anything.
 *
 * The history is the first witness (it has the run's own times, and every nemesis op twice); the ledger is the second,
 * and the only one for a fault that a killed run did not get to record.
 *
 *     isolate ──── isolate {id, what, targets, …} ▓▓▓▓▓▓▓▓▓▓ heal-isolate ──── heal-isolate {healed: [{id, …}], …}
 *     fromNs                                                                   toNs
 */
export interface FaultSpan {
  /** Its entry in the ledger; a fault that could not be planned has none. */
  readonly id?: string;
  readonly name: string;
  /** `isolate n3 (leader)`. */
  readonly what: string;
  readonly targets: readonly string[];
  /** When its injection began. */
  readonly fromNs: number;
  /** When its heal had ended; absent when the run did not heal it. */
  readonly toNs?: number;
  /** It was seen to act, after the injection or before the heal. */
  readonly effective: boolean;
  readonly evidence: readonly string[];
  /** Why it could not be injected, or not be healed. */
  readonly error?: string;
}

/** All faults of a run in the order of their beginnings. `lines`: of `readLedger`, none by default. O(ops + lines). */
export function faultTimeline(history: History, lines: readonly LedgerLine[] = []): FaultSpan[] {
  const spans: Draft[] = [];
  const byId = new Map<string, Draft>();
  let begin: { f: string; timeNs: number } | undefined;
  for (let i = 0; i < history.length; i++) {
    if (history.processes[i] !== NEMESIS || typeNames[history.types[i]!] !== "info") continue;
    const { f, value, timeNs } = history.at(i);
    if (begin?.f !== f) {
      begin = { f, timeNs };
      continue;
    }
    const error = history.errors.get(i);
    if (isObject(value) && typeof value.id === "string") {
      const span = injected(value, { id: value.id, name: f, fromNs: begin.timeNs });
      if (error !== undefined) span.error = textOf(error);
      if (value.takenBack === true) span.toNs = timeNs;
      spans.push(span);
      byId.set(value.id, span);
    } else if (isObject(value) && (value.healed !== undefined || value.failed !== undefined)) {
      for (const entry of objects(value.healed)) note(byId, entry, { toNs: timeNs });
      for (const entry of objects(value.failed)) note(byId, entry, {});
    } else if (error !== undefined && !f.startsWith("heal")) {
      spans.push({ name: f, what: f, targets: [], fromNs: begin.timeNs, toNs: timeNs, effective: false, evidence: [], error: textOf(error) });
    }
    begin = undefined;
  }
  for (const span of fromLedger(lines, byId)) spans.push(span);
  return spans.sort((a, b) => a.fromNs - b.fromNs);
}

/** Faults that were on and yet never seen to act: with one of these the run is vacuous, not a pass. */
export function ineffective(spans: readonly FaultSpan[]): FaultSpan[] {
  return spans.filter((span) => !span.effective);
}

type Draft = { -readonly [key in keyof FaultSpan]: FaultSpan[key] };
type Row = { readonly [key: string]: Json };

function injected(value: Row, base: { id: string; name: string; fromNs: number }): Draft {
  const targets = value.targets !== undefined && isArray(value.targets) ? value.targets.map(textOf) : [];
  return { ...base, what: textOf(value.what ?? base.name), targets, effective: value.effective === true, evidence: texts(value.evidence) };
}

function note(byId: ReadonlyMap<string, Draft>, entry: Row, more: { toNs?: number }): void {
  const span = typeof entry.id === "string" ? byId.get(entry.id) : undefined;
  if (span === undefined) return;
  if (more.toNs !== undefined) {
    span.toNs = more.toNs;
    delete span.error;
  }
  span.effective ||= entry.effective === true;
  span.evidence = [...span.evidence, ...texts(entry.evidence)];
  if (typeof entry.error === "string") span.error = entry.error;
}

/** What only the ledger knows: faults that the history does not have, and heals that ended after it. */
function fromLedger(lines: readonly LedgerLine[], byId: Map<string, Draft>): Draft[] {
  const unknown: Draft[] = [];
  for (const line of lines) {
    if (line.event === "owner") continue;
    if (line.event === "intent") {
      if (line.kind !== "fault" || byId.has(line.id)) continue;
      const span: Draft = { id: line.id, name: line.id.replace(/-\d+$/, ""), what: line.what, targets: [], fromNs: line.timeNs, effective: false, evidence: [] };
      byId.set(line.id, span);
      unknown.push(span);
      continue;
    }
    const span = byId.get(line.id);
    if (span === undefined) continue;
    if (unknown.includes(span) || span.toNs === undefined) {
      const seen = texts(line.evidence?.seen).filter((text) => !span.evidence.includes(text));
      span.evidence = [...span.evidence, ...seen];
      // What others healed proves nothing about its effect, and their clock is not the run's.
      if (line.event === "done" || line.by === "run") span.effective ||= line.evidence?.effective === true;
      if (line.event === "healed" && line.by === "run") span.toNs = line.timeNs;
    }
  }
  return unknown;
}

function objects(value: Json | undefined): Row[] {
  return value !== undefined && isArray(value) ? value.filter(isObject) : [];
}

function texts(value: Json | undefined): string[] {
  return typeof value === "string" && value !== "" ? [value] : [];
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
