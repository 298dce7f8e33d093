import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";

/**
 * A file of whole lines that is appended to and may be cut off by a SIGKILL at any byte. Opening it again drops the
 * torn last line (one without its newline), so that what follows starts on a line of its own.
 */
export class LineFile {
  readonly path: string;
  readonly descriptor: number;
  #sizeBytes: number;

  constructor(path: string) {
    this.path = path;
    this.descriptor = openSync(path, "a+");
    this.#sizeBytes = wholeLinesBytes(this.descriptor);
    ftruncateSync(this.descriptor, this.#sizeBytes);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Hands `lines` (each with its newline) to the kernel before it returns: a later SIGKILL cannot take them back. */
  append(lines: string): void {
    const bytes = Buffer.from(lines);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
    this.#sizeBytes += bytes.length;
  }

  /** The last whole line, without its newline; undefined for an empty file. O(its length). */
  last(): string | undefined {
    let tail = "";
    for (let end = this.#sizeBytes; end > 0; ) {
      const from = Math.max(0, end - blockBytes);
      tail = readBlock(this.descriptor, from, end).toString("latin1") + tail;
      const cut = tail.lastIndexOf("\n", tail.length - 2);
      if (cut >= 0) return Buffer.from(tail.slice(cut + 1, -1), "latin1").toString("utf8");
      end = from;
    }
    return tail === "" ? undefined : Buffer.from(tail.slice(0, -1), "latin1").toString("utf8");
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

const blockBytes = 64 * 1024;

/** Bytes up to and with the last newline. */
function wholeLinesBytes(descriptor: number): number {
  for (let end = fstatSync(descriptor).size; end > 0; ) {
    const from = Math.max(0, end - blockBytes);
    const newline = readBlock(descriptor, from, end).lastIndexOf(0x0a);
    if (newline >= 0) return from + newline + 1;
    end = from;
  }
  return 0;
}

function readBlock(descriptor: number, from: number, end: number): Buffer {
  const block = Buffer.alloc(end - from);
  for (let at = 0; at < block.length; ) {
    const read = readSync(descriptor, block, at, block.length - at, from + at);
    if (read === 0) break;
    at += read;
  }
  return block;
}
