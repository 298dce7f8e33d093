import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { isSame } from "../process-identity.ts";

/**
 * Which ledgers may still have something to undo. Run folders lie anywhere, so each live ledger leaves one small file
 * in a place that everybody knows, and takes it away when nothing is open any more:
 *
 *     <temporary folder>/rashomon-<uid>/open/<pid>-<startTicks>-<n>.json    {"ledger":"/…/faults.jsonl","owner":{…}}
 *
 * `rashomon heal` thus finds the runs of a killed harness without being told. The folder is the user's alone
 * (mode 0700): a ledger holds commands, so nobody else may put one there.
 */
export interface OpenRun {
  /** Absolute path of the ledger's file. */
  readonly ledger: string;
  readonly owner: { readonly pid: number; readonly startTicks: number };
  /** The owner is still running: its faults are its own to heal. */
  readonly ownerAlive: boolean;
  /** The file that lists the run. */
  readonly entry: string;
}

/** All listed runs, in the order of their entries' names. Entries that cannot be read are left out. */
export function openRuns(): OpenRun[] {
  const folder = openRunsFolder();
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch {
    return [];
  }
  return names.filter((name) => name.endsWith(".json")).flatMap((name) => readEntry(join(folder, name)) ?? []);
}

let registrations = 0;

/** Lists a run as open; returns the entry's path, for `unregisterRun`. */
export function registerRun(run: { readonly ledger: string; readonly owner: { readonly pid: number; readonly startTicks: number } }): string {
  const folder = openRunsFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  registrations++;
  const entry = join(folder, `${run.owner.pid}-${run.owner.startTicks}-${process.pid}-${registrations}.json`);
  // Written aside and renamed: a reader never sees half an entry.
  writeFileSync(`${entry}.new`, JSON.stringify({ ledger: run.ledger, owner: { pid: run.owner.pid, startTicks: run.owner.startTicks } }), { mode: 0o600 });
  renameSync(`${entry}.new`, entry);
  return entry;
}

/** Takes a run off the list. */
export function unregisterRun(entry: string): void {
  rmSync(entry, { force: true });
}

/** The folder of the entries, the user's own. */
export function openRunsFolder(): string {
  return join(tmpdir(), `rashomon-${userInfo().uid}`, "open");
}

function readEntry(entry: string): OpenRun | undefined {
  try {
    const { ledger, owner }: { ledger?: unknown; owner?: { pid?: unknown; startTicks?: unknown } } = JSON.parse(readFileSync(entry, "utf8"));
    if (typeof ledger !== "string" || typeof owner?.pid !== "number" || typeof owner.startTicks !== "number") return undefined;
    return { ledger, owner: { pid: owner.pid, startTicks: owner.startTicks }, ownerAlive: isSame(owner.pid, owner.startTicks), entry };
  } catch {
    return undefined;
  }
}
