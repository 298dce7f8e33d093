import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Checkpoint } from "../checkers/model/checkpoint.ts";
import { HarnessError } from "../harness/errors.ts";

/**
 * A cut exploration on disk: one line of JSON, then the two columns of the search tree as little-endian 32-bit words.
 *
 *     {"format":"rashomon-checkpoint-1","sha256":…,"settings":[…],"model":…,"states":n, …}\n  parents (4n bytes)  events (4n bytes)
 *
 * It is written beside its place and then renamed, so a kill leaves the checkpoint before it, whole.
 */
const format = "rashomon-checkpoint-1";

/** Tries the place before a long search rests on it: `FILE_UNWRITABLE`. */
export function mustBeWritable(file: string): void {
  writing(file, () => {
    writeFileSync(`${file}.new`, "");
    rmSync(`${file}.new`);
  });
}

/** Writes it. `settings` are the model's, as texts: they must be the same when it is resumed. */
export function writeCheckpoint(file: string, checkpoint: Checkpoint, settings: readonly string[]): void {
  const { tree, ...rest } = checkpoint;
  const columns = Buffer.concat([bytesOf(tree.parents), bytesOf(tree.events)]);
  const header = { format, sha256: digest(columns), settings, ...rest, tree: { ...tree, parents: undefined, events: undefined }, states: tree.parents.length };
  writing(file, () => {
    writeFileSync(`${file}.new`, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), columns]));
    renameSync(`${file}.new`, file);
  });
}

/** Reads it; `FILE_UNREADABLE` for a file that is not there, is none, is damaged, or was written with other settings. */
export function readCheckpoint(file: string, settings: readonly string[]): Checkpoint {
  const bytes = readWhole(file);
  const end = bytes.indexOf(10);
  const header = parsed(bytes.subarray(0, Math.max(0, end)).toString());
  const columns = bytes.subarray(end + 1);
  if (header?.format !== format || columns.length !== header.states * 8 || digest(columns) !== header.sha256) {
    throw new HarnessError("FILE_UNREADABLE", `${file} is no whole checkpoint of an exploration`, { nextStep: "explore from the beginning, with --checkpoint" });
  }
  if (header.settings.join() !== settings.join()) {
    throw new HarnessError("USAGE", `${file} was written with the settings ${header.settings.join(" ") || "(none)"}`, { nextStep: "give the same --set options" });
  }
  const words = new Int32Array(columns.buffer.slice(columns.byteOffset, columns.byteOffset + columns.length));
  const { model, track, envelopes, inputs, fired, tree, states } = header;
  return { model, track, envelopes, inputs, fired, tree: { ...tree, parents: words.subarray(0, states), events: words.subarray(states) } };
}

function writing(file: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    throw new HarnessError("FILE_UNWRITABLE", `cannot write the checkpoint ${file}`, { nextStep: "give --checkpoint a file in a folder that can be written, with room on its disk", cause });
  }
}

function readWhole(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new HarnessError("FILE_UNREADABLE", `cannot read the checkpoint ${file}`, { nextStep: "explore from the beginning, with --checkpoint", cause });
  }
}

interface Header extends Omit<Checkpoint, "tree"> {
  readonly format: string;
  readonly sha256: string;
  readonly settings: readonly string[];
  readonly states: number;
  readonly tree: Omit<Checkpoint["tree"], "parents" | "events">;
}

function parsed(line: string): Header | undefined {
  try {
    return JSON.parse(line) as Header;
  } catch {
    return undefined;
  }
}

function bytesOf(column: Int32Array): Buffer {
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength);
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
