import { closeSync, existsSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { assert } from "../assert.ts";
import type { Evidence } from "../disturbance.ts";
import { HarnessError } from "../errors.ts";
import { makeFolders } from "../folders.ts";
import type { Ledger } from "../ledger.ts";
import { startTicks } from "../process-identity.ts";
import { monotonicNs } from "../time.ts";
import { type IntentLine, type LedgerLine, openEntries, type OwnerLine, parseLedgerLine } from "./entries.ts";
import { registerRun, unregisterRun } from "./open-runs.ts";

/**
 * The write-ahead ledger as a file of JSON lines, each fsynced before the call that wrote it returns (after the
 * write-ahead logs of databases: Mohan et al., ARIES, 1992, whose undo pass `heal` is). A SIGKILL between any two
 * instructions leaves a file from which everything that may have been changed can be undone:
 *
 *     intent on disk ─→ inject ─→ done on disk ─→ … ─→ undo ─→ healed on disk
 *
 * At the worst an undo runs for something that never began, or runs twice; undos are idempotent, so neither hurts.
 */
export interface FileLedger extends Ledger {
  /** Entries with an intent and without a healed line, oldest first. */
  open(): readonly IntentLine[];
  /**
   * Closes the file; nothing more can be intended. When nothing is left open the run is taken off the list of open
   * runs, or as soon as that is so. Calling it twice does nothing.
   */
  end(): void;
  [Symbol.dispose](): void;
}

export interface LedgerOptions {
  /** The process that must be gone before others heal; this process by default. */
  readonly owner?: { readonly pid: number; readonly startTicks: number };
  /** Nanoseconds since the run's start, for the lines' times; since this process's start by default. */
  readonly clock?: () => number;
}

/** The name of a ledger's file within its run's folder. */
export const ledgerName = "faults.jsonl";

/**
 * Opens the ledger at `place` (a `.jsonl` file, or a folder that gets a `faults.jsonl`), made when absent and
 * continued when present, and lists the run as open. One fsync a line: a few milliseconds each, so for faults, not for operations.
 */
export function openLedger(place: string, options: LedgerOptions = {}): FileLedger {
  const path = ledgerPath(place);
  makeFolders(dirname(path));
  const before = existsSync(path) ? readLedger(path).lines : [];
  const owner = options.owner ?? { pid: process.pid, startTicks: startTicks(process.pid) ?? 0 };
  const registered = registerRun({ ledger: path, owner });
  const appender = new Appender(path);
  const clock = options.clock ?? monotonicNs;
  const ids = new Set<string>();
  const intents = new Map<string, IntentLine>(openEntries(before).map((entry) => [entry.id, entry]));
  for (const line of before) if (line.event === "intent") ids.add(line.id);
  const counters = new Map<string, number>();
  appender.append({ event: "owner", ...owner });

  const end = (): void => {
    if (appender.closed) return;
    appender.close();
    if (intents.size === 0) unregisterRun(registered);
  };
  /** A child's exit may be heard of after the end: good news that is still written down, unless the run's folder is gone. */
  const note = (line: LedgerLine): void => {
    if (!appender.closed) return appender.append(line);
    if (!existsSync(path)) return;
    const late = new Appender(path);
    late.append(line);
    late.close();
  };
  return {
    path,
    intend(entry) {
      assert(!ids.has(entry.id), `ledger id ${entry.id} is used once`);
      const line: IntentLine = { event: "intent", ...entry, timeNs: clock() };
      appender.append(line);
      ids.add(entry.id);
      intents.set(entry.id, line);
    },
    done(id, evidence) {
      assert(intents.has(id), `ledger id ${id} has an intent before it is done`);
      note({ event: "done", id, ...withEvidence(evidence), timeNs: clock() });
    },
    healed(id, evidence) {
      assert(ids.has(id), `ledger id ${id} has an intent before it is healed`);
      note({ event: "healed", id, ...withEvidence(evidence), by: "run", timeNs: clock() });
      intents.delete(id);
      if (appender.closed && intents.size === 0) unregisterRun(registered);
    },
    freshId(prefix) {
      let count = counters.get(prefix) ?? 0;
      do count++;
      while (ids.has(`${prefix}-${count}`));
      counters.set(prefix, count);
      return `${prefix}-${count}`;
    },
    open: () => [...intents.values()],
    end,
    [Symbol.dispose]: end,
  };
}

/** What a ledger's file holds. */
export interface LedgerContent {
  readonly lines: readonly LedgerLine[];
  /** The process that wrote it last, when the file says so. */
  readonly owner: OwnerLine | undefined;
  /** Numbers, from 1, of lines that are not a ledger's: torn by a crash, or damaged. Everything else was read. */
  readonly damagedLines: readonly number[];
}

/** Reads a ledger, or a folder's; a torn last line is left out and named. Throws `FILE_UNREADABLE` when there is no such file. */
export function readLedger(place: string): LedgerContent {
  const path = ledgerPath(place);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new HarnessError("FILE_UNREADABLE", `cannot read the ledger ${path}`, { nextStep: "name a run's folder, or its faults.jsonl", cause });
  }
  const lines: LedgerLine[] = [];
  const damagedLines: number[] = [];
  let owner: OwnerLine | undefined;
  for (const [index, row] of text.split("\n").entries()) {
    if (row === "") continue;
    const line = parseLedgerLine(row);
    if (line === undefined) damagedLines.push(index + 1);
    else lines.push(line);
    if (line?.event === "owner") owner = line;
  }
  return { lines, owner, damagedLines };
}

/** The absolute path of the ledger that `place`, a `.jsonl` file or a run's folder, stands for. */
export function ledgerPath(place: string): string {
  return resolve(place.endsWith(".jsonl") ? place : join(place, ledgerName));
}

/** Appends lines, each on disk when `append` returns. A torn line of a predecessor is closed first, so it damages no line of ours. */
export class Appender {
  readonly #file: number;
  #closed = false;

  constructor(path: string) {
    const isNew = !existsSync(path);
    this.#file = openSync(path, "a+", 0o600);
    if (isNew) syncFolder(dirname(path));
    else if (!endsWithNewline(path)) this.#write("\n");
  }

  get closed(): boolean {
    return this.#closed;
  }

  append(line: LedgerLine): void {
    assert(!this.#closed, "the ledger is open while it is written to");
    this.#write(JSON.stringify(line) + "\n");
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#file);
  }

  #write(text: string): void {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    fsyncSync(this.#file);
  }
}

function withEvidence(evidence: Evidence | undefined): { evidence?: Evidence } {
  return evidence === undefined ? {} : { evidence };
}

function endsWithNewline(path: string): boolean {
  return statSync(path).size === 0 || readFileSync(path).at(-1) === 0x0a;
}

/** A new file's name is on disk only when its folder is. */
function syncFolder(folder: string): void {
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
