import { type FileHandle, open } from "node:fs/promises";
import { HarnessError } from "./errors.ts";
import { NEMESIS } from "./ids.ts";
import type { Json } from "./json.ts";
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
/**
 * Characters of lines that become bytes together. A line is a tree of small texts until then; many of them at once would
 * have left the processor's cache and outlived the young heap.
 */
const pieceLength = 4096;
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
  /** The last lines, not yet in `#pieces`. */
  #lines = "";
  #pieces: Buffer[] = [];
  #gatheredLength = 0;
  #timer: Cancellable | undefined;
  /** The write that goes on, with everything that it will write. */
  #writing: Promise<void> | undefined;
  #writingLength = 0;
  #failed: HarnessError | undefined;

  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  append(op: Op): void {
    if (this.#failed !== undefined) throw this.#failed;
    this.#lines += encodeOp(op);
    if (this.#lines.length >= pieceLength) this.#gatherLines();
    if (this.#writing !== undefined) return;
    if (this.#gatheredLength >= chunkLength) this.#write();
    else this.#timer ??= after(flushMs, () => this.#write());
  }

  get congested(): boolean {
    return this.#gatheredLength + this.#writingLength > backlogMax;
  }

  async flush(): Promise<void> {
    while (this.#writing !== undefined || this.#lines !== "" || this.#gatheredLength > 0) {
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

  #gatherLines(): void {
    const piece = Buffer.from(this.#lines, "utf8");
    this.#lines = "";
    this.#pieces.push(piece);
    this.#gatheredLength += piece.length;
  }

  /** Starts a write of what is gathered, unless one goes on: that one starts the next when it ends. */
  #write(): void {
    if (this.#writing !== undefined) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#lines !== "") this.#gatherLines();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#gatheredLength = 0;
    if (pieces.length === 0 || this.#failed !== undefined) return;
    const bytes = Buffer.concat(pieces);
    this.#writingLength = bytes.length;
    this.#writing = this.#writeAll(bytes).then(() => {
      this.#writing = undefined;
      this.#writingLength = 0;
      if (this.#gatheredLength >= chunkLength) this.#write();
      else if (this.#lines !== "" || this.#gatheredLength > 0) this.#timer ??= after(flushMs, () => this.#write());
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

/** One line, newline included. The common values (numbers, null) never pass through `JSON.stringify`. */
export function encodeOp(op: Op): string {
  const process = op.process === NEMESIS ? '"nemesis"' : op.process;
  const error = op.type === "invoke" || op.error === undefined ? "" : `,"error":${encodeValue(op.error)}`;
  return `{"index":${op.index},"process":${process},"type":"${op.type}","f":${encodeName(op.f)},"value":${encodeValue(op.value)},"timeNs":${op.timeNs}${error}}\n`;
}

function encodeValue(value: Json): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  return JSON.stringify(value);
}

/** Function names are few: each is encoded once. */
const names = new Map<string, string>();
const namesMax = 10_000;
function encodeName(name: string): string {
  let text = names.get(name);
  if (text === undefined) {
    text = JSON.stringify(name);
    if (names.size < namesMax) names.set(name, text);
  }
  return text;
}

export { readHistoryFile, type ReadHistory } from "./history-reader.ts";
