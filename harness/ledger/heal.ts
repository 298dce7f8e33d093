import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { HarnessError } from "../errors.ts";
import { isSame, startTicks } from "../process-identity.ts";
import { deadlineSignal, sleep } from "../time.ts";
import { type IntentLine, openEntries } from "./entries.ts";
import { Appender, ledgerPath, readLedger } from "./file-ledger.ts";
import { openRuns, unregisterRun } from "./open-runs.ts";
import { performUndo, type UndoResult } from "./undo.ts";

/**
 * Undoes what a run left behind. Every entry with an intent and without a healed line is undone, last in first out
 * (the undo pass of ARIES), whether or not it is known to be done. An entry whose steps all succeed is marked healed;
 * any other is reported as failed and stays open, and the rest goes on. So a second heal does nothing, and a heal
 * after the cause of a failure is gone does just what is left.
 */
export interface HealReport {
  /** Absolute path of the ledger. */
  readonly ledger: string;
  /** What was open, in the order in which it was undone. */
  readonly entries: readonly HealedEntry[];
  /** Why nothing was tried, when nothing was. */
  readonly skipped?: string;
  /** Lines, from 1, that could not be read. */
  readonly damagedLines: readonly number[];
}
export interface HealedEntry {
  readonly id: string;
  readonly what: string;
  /** False: at least one step failed, and the entry is still open. */
  readonly ok: boolean;
  /** What each undo step saw, in their order. */
  readonly detail: string;
}

export interface HealOptions {
  readonly by?: "heal" | "watchdog";
  /** Ends the heal early; what was not undone stays open. */
  readonly signal?: AbortSignal;
}

/** How long one entry may take, and how long one waits for another healer of the same ledger. */
const entryMsMax = 60_000;

/** Heals the ledger at `place` (a file, or a run's folder). Throws `FILE_UNREADABLE` when there is none. O(lines). */
export async function healLedger(place: string, options: HealOptions = {}): Promise<HealReport> {
  const path = ledgerPath(place);
  readLedger(path);
  const lock = await acquireLock(`${path}.healing`);
  try {
    const content = readLedger(path);
    const open = openEntries(content.lines);
    const entries: HealedEntry[] = [];
    const addresses = new Set(content.lines.flatMap((line) => (line.event === "intent" ? (line.addresses ?? []) : [])));
    if (open.length > 0) {
      const appender = new Appender(path);
      try {
        for (const entry of open.toReversed()) {
          options.signal?.throwIfAborted();
          const results = await undoEntry(entry, { runFolder: dirname(path), addresses, signal: deadlineSignal(entryMsMax, options.signal) });
          const ok = results.every((result) => result.ok);
          const detail = results.map((result) => result.seen).join("; ");
          if (ok) appender.append({ event: "healed", id: entry.id, evidence: { effective: true, seen: detail }, by: options.by ?? "heal", timeNs: -1 });
          entries.push({ id: entry.id, what: entry.what, ok, detail });
        }
      } finally {
        appender.close();
      }
    }
    if (entries.every((entry) => entry.ok)) takeOffTheList(path);
    return { ledger: path, entries, damagedLines: content.damagedLines };
  } finally {
    lock.release();
  }
}

/** Heals every open run whose owner is gone; a run that still goes on is skipped, and the report says so. */
export async function healAll(options: HealOptions = {}): Promise<HealReport[]> {
  const reports: HealReport[] = [];
  const seen = new Set<string>();
  for (const run of openRuns()) {
    if (seen.has(run.ledger)) continue;
    seen.add(run.ledger);
    if (run.ownerAlive) {
      reports.push(nothingTried(run.ledger, `its run still goes on (process ${run.owner.pid})`));
      continue;
    }
    try {
      reports.push(await healLedger(run.ledger, options));
    } catch (error) {
      if (!(error instanceof HarnessError) || error.code !== "FILE_UNREADABLE") throw error;
      unregisterRun(run.entry);
      reports.push(nothingTried(run.ledger, "its ledger no longer exists; taken off the list"));
    }
  }
  return reports;
}

/** The steps in their order; each is tried even when one before it failed, and each has a result. */
async function undoEntry(entry: IntentLine, options: Parameters<typeof performUndo>[1]): Promise<UndoResult[]> {
  const results: UndoResult[] = [];
  for (const undo of entry.undo) results.push(await performUndo(undo, options));
  return results;
}

function takeOffTheList(ledger: string): void {
  for (const run of openRuns()) if (run.ledger === ledger && !run.ownerAlive) unregisterRun(run.entry);
}

function nothingTried(ledger: string, skipped: string): HealReport {
  return { ledger, entries: [], skipped, damagedLines: [] };
}

/** One healer at a time: a file that names the healer, made whole or not at all; that of a dead healer is taken over. */
async function acquireLock(path: string): Promise<{ release(): void }> {
  const deadline = deadlineSignal(entryMsMax);
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, startTicks: startTicks(process.pid) ?? 0 }), { mode: 0o600 });
  try {
    for (;;) {
      try {
        linkSync(own, path);
        return { release: () => rmSync(path, { force: true }) };
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      }
      const holder = readHolder(path);
      if (holder === undefined || !isSame(holder.pid, holder.startTicks)) rmSync(path, { force: true });
      else if (deadline.aborted) {
        throw new HarnessError("HEAL_FAILED", `process ${holder.pid} has been healing this ledger for more than ${entryMsMax} ms`, {
          nextStep: `wait for it, or end it and remove ${path}`,
        });
      } else await sleep(50);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Who heals now; undefined when nobody does any more. */
function readHolder(path: string): { pid: number; startTicks: number } | undefined {
  try {
    const holder: { pid?: unknown; startTicks?: unknown } = JSON.parse(readFileSync(path, "utf8"));
    return typeof holder.pid === "number" && typeof holder.startTicks === "number" ? { pid: holder.pid, startTicks: holder.startTicks } : undefined;
  } catch {
    return undefined;
  }
}
