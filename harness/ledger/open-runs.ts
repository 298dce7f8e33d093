import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { HarnessError } from "../errors.ts";
import { isSame } from "../process-identity.ts";

/**
 * Which ledgers may still have something to undo. Run folders lie anywhere, so each live ledger leaves one small file
 * in a place that everybody knows, and takes it away when nothing is open any more:
 *
 *     <temporary folder>/rashomon-<uid>/open/<pid>-<startTicks>-<n>.json    {"ledger":"/…/faults.jsonl","owner":{…}}
 *
 * `rashomon heal` thus finds the runs of a killed harness without being told. A ledger holds commands, so the folder
 * is the user's alone (mode 0700), and one that somebody else made there first is not believed.
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
  if (!isOurs(folder)) return [];
  const names = readdirSync(folder).sort();
  return names.filter((name) => name.endsWith(".json")).flatMap((name) => readEntry(join(folder, name)) ?? []);
}

let registrations = 0;

/** Lists a run as open, and takes off those whose ledger was deleted since; returns the entry's path, for `unregisterRun`. */
export function registerRun(run: { readonly ledger: string; readonly owner: { readonly pid: number; readonly startTicks: number } }): string {
  const folder = openRunsFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isOurs(folder)) {
    throw new HarnessError("FILE_UNREADABLE", `${folder} must be a folder of this user alone`, { nextStep: `remove ${dirname(folder)}, or set TMPDIR to a folder of your own` });
  }
  for (const run of openRuns()) if (!run.ownerAlive && !existsSync(run.ledger)) unregisterRun(run.entry);
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
  return join(tmpdir(), `rashomon-${process.getuid?.() ?? "user"}`, "open");
}

/** Both it and its parent are folders (no links) that belong to this user and that nobody else can write to. */
function isOurs(folder: string): boolean {
  const uid = process.getuid?.();
  return [dirname(folder), folder].every((path) => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found !== undefined && found.isDirectory() && (uid === undefined || (found.uid === uid && (found.mode & 0o022) === 0));
  });
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
