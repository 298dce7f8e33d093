import { closeSync, existsSync, fdatasync, fsyncSync, openSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { assert } from "../../harness/assert.ts";
import { equalJson, type Json } from "../../harness/json.ts";
import { LineFile } from "./line-file.ts";

/**
 * A node's disk: the last thing that its actor saved. Each save appends one line, `[value]`, and is durable once
 * `sync` has called back; a restart reads the last whole line. When the file has grown, it is replaced by a new one
 * with the last line alone: written beside, synced, renamed over, and the folder synced.
 *
 * Why a log and not a file renamed per save: one fdatasync instead of two syncs and a rename, and the file keeps the
 * saves' order for whoever looks at it after a run.
 */
export class DurableStore {
  readonly #path: string;
  #file: LineFile | undefined;
  #syncing = false;
  #closed = false;
  readonly #outlivesPower: boolean;

  /**
   * The file at `path` is made by the first append; its folder must exist. `kernel` leaves out the syncs: what was
   * saved survives the process, not the machine.
   */
  constructor(path: string, durability: "disk" | "kernel" = "disk") {
    this.#path = path;
    this.#outlivesPower = durability === "disk";
    if (existsSync(path)) this.#file = new LineFile(path);
  }

  /** What was saved last, or null. O(size of it). */
  load(): Json {
    const line = this.#file?.last();
    return line === undefined ? null : (JSON.parse(line) as readonly [Json])[0];
  }

  /** Hands `value` to the kernel; not durable before the next `sync` calls back. */
  append(value: Json): void {
    assert(!this.#syncing && !this.#closed, "a store is appended to between syncs, while it is open");
    const line = `[${JSON.stringify(value)}]\n`;
    if (this.#file === undefined) {
      this.#file = new LineFile(this.#path);
      if (this.#outlivesPower) syncFolder(dirname(this.#path));
    }
    if (this.#file.sizeBytes > compactAboveBytes) this.#file = this.#replaced(this.#file, line);
    else this.#file.append(line);
  }

  /** Calls back when all that was appended is on disk; a disk that refuses is a reason to die, so the error is thrown. */
  sync(done: () => void): void {
    if (this.#file === undefined || !this.#outlivesPower) return done();
    this.#syncing = true;
    fdatasync(this.#file.descriptor, (error) => {
      if (error !== null) throw error;
      this.#syncing = false;
      if (this.#closed) this.#file?.close();
      done();
    });
  }

  /** Closes and removes it: the next store at this path starts empty. */
  remove(): void {
    this.#closed = true;
    // A descriptor must not be closed under a sync that is still at work on it.
    if (!this.#syncing) this.#file?.close();
    rmSync(this.#path, { force: true });
  }

  #replaced(file: LineFile, line: string): LineFile {
    const beside = `${this.#path}.new`;
    writeFileSync(beside, line, { flush: true });
    renameSync(beside, this.#path);
    syncFolder(dirname(this.#path));
    file.close();
    return new LineFile(this.#path);
  }
}

/** Name of the deployed actor's log in its node's data folder. */
export const durableFileName = "durable.jsonl";

/**
 * What a disk that lied about its last syncs shows after the power has failed: the newest saves are gone, back to where
 * `durable` was saved last (null: before the first save). The node must be dead. False, and nothing changed, when the log
 * never held it. O(size of the log).
 */
export function fallBack(path: string, durable: Json): boolean {
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  const at = lines.findLastIndex((line) => equalJson((JSON.parse(line) as readonly [Json])[0], durable));
  if (at < 0 && durable !== null) return false;
  if (lines.length > 0) truncateSync(path, Buffer.byteLength(lines.slice(0, at + 1).map((line) => `${line}\n`).join("")));
  return true;
}

/** Rare enough to cost nothing, small enough that a run's folder stays small. */
const compactAboveBytes = 4 * 1024 * 1024;

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
