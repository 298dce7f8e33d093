import { type FileHandle, open } from "node:fs/promises";
import { HarnessError } from "./errors.ts";
import { HistoryLines } from "./history-lines.ts";
import type { Op } from "./op.ts";
import { after, type Cancellable } from "./time.ts";

/**
 * The history on disk, appended while the run goes on: one op a line, in history order.
 *
 *     {"index":0,"process":0,"type":"invoke","f":"write","value":3,"timeNs":18000}
 *     {"index":1,"process":"nemesis","type":"info","f":"isolate","value":"n1","timeNs":25000}
 *     {"index":2,"process":0,"type":"info","f":"write","value":3,"timeNs":5018000,"error":"timeout"}
 *
 * Lines are gathered and handed to the operating system at least every 100 ms, in order, one write at a time; what was
 * handed over survives the harness. So after a SIGKILL the file is whole but for its last 100 ms and, at most, half a line.
 */
export interface HistoryFile extends AsyncDisposable {
  readonly path: string;
  /** Never waits; see `congested`. Throws what an earlier write failed with. */
  append(op: Op): void;
  /** True while so much is unwritten that nothing should be added before `flush` has resolved. */
  readonly congested: boolean;
  /** Resolves when everything appended before is with the operating system. */
  flush(): Promise<void>;
}

const flushMs = 100;
/** Bytes gathered before they are written without waiting for the time. */
const chunkLength = 256 * 1024;
/** Bytes that may wait for the disk. */
const backlogMax = 64 * 1024 * 1024;

/** Opens a new history file; one that exists already is an error, never overwritten. */
export async function openHistoryFile(path: string): Promise<HistoryFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, "ax");
  } catch (cause) {
    throw new HarnessError("FILE_UNWRITABLE", `cannot create the history ${path}`, { nextStep: "choose a folder that can be written and holds no history yet", cause });
  }
  return new JsonLines(path, handle);
}

class JsonLines implements HistoryFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #gathered = new HistoryLines();
  /** What the write that goes on writes; empty otherwise. */
  #handedOver = new HistoryLines();
  #writing: Promise<void> | undefined;
  #timer: Cancellable | undefined;
  #failed: HarnessError | undefined;

  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  append(op: Op): void {
    if (this.#failed !== undefined) throw this.#failed;
    this.#gathered.append(op);
    if (this.#writing === undefined) this.#writeInTime();
  }

  get congested(): boolean {
    return this.#gathered.length + this.#handedOver.length > backlogMax;
  }

  async flush(): Promise<void> {
    while (this.#writing !== undefined || this.#gathered.length > 0) {
      this.#write();
      await this.#writing;
    }
    if (this.#failed !== undefined) throw this.#failed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.#timer?.cancel();
      await this.#handle.close();
    }
  }

  #writeInTime(): void {
    if (this.#gathered.length >= chunkLength) this.#write();
    else if (this.#gathered.length > 0) this.#timer ??= after(flushMs, () => this.#write());
  }

  /** Starts a write of what is gathered, unless one goes on: that one starts the next when it ends. */
  #write(): void {
    if (this.#writing !== undefined) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    // After a gap nothing may follow.
    if (this.#failed !== undefined) return this.#gathered.clear();
    [this.#gathered, this.#handedOver] = [this.#handedOver, this.#gathered];
    this.#writing = this.#writeAll(this.#handedOver.bytes).then(() => {
      this.#handedOver.clear();
      this.#writing = undefined;
      this.#writeInTime();
    });
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) at += (await this.#handle.write(bytes, at, bytes.length - at)).bytesWritten;
    } catch (cause) {
      this.#failed = new HarnessError("FILE_UNWRITABLE", `cannot append to the history ${this.path}`, {
        nextStep: "make room on the disk; what was recorded before is in the file",
        cause,
      });
    }
  }
}

export { encodeOp } from "./history-lines.ts";
export { readHistoryFile, type ReadHistory } from "./history-reader.ts";
