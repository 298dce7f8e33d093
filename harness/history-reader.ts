import { type FileHandle, open } from "node:fs/promises";
import { HarnessError } from "./errors.ts";
import { type History, HistoryBuilder, type OpInput } from "./history.ts";
import { NEMESIS } from "./ids.ts";
import { isObject, type Json } from "./json.ts";

export interface ReadHistory {
  readonly history: History;
  /** Says so when the file ends within a line, as a killed run leaves it: that line is left out. */
  readonly torn: string | undefined;
}

const chunkBytes = 4 * 1024 * 1024;

/**
 * Reads what `openHistoryFile` wrote, of any size, in one pass. A last line that is cut off is left out and said so;
 * any other line that is no op is a `HarnessError` (`HISTORY_MALFORMED`) naming file and line.
 */
export async function readHistoryFile(path: string): Promise<ReadHistory> {
  const builder = new HistoryBuilder();
  let line = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(path)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(0x0a);
    if (end >= 0) {
      for (const text of bytes.toString("utf8", 0, end).split("\n")) pushLine(builder, text, `${path}:${++line}`);
    }
    rest = bytes.subarray(end + 1);
  }
  const torn = rest.length === 0 ? undefined : pushLast(builder, rest.toString("utf8"), `${path}:${line + 1}`);
  return { history: builder.build(), torn };
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (cause) {
    throw new HarnessError("FILE_UNREADABLE", `cannot read the history ${path}`, { nextStep: "name a history.jsonl that exists, or its run's folder", cause });
  }
  try {
    for (;;) {
      // Each chunk is its own memory: what is left of a line is a view into it.
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** The text after the last newline: a whole op whose newline is missing counts, half a line does not. */
function pushLast(builder: HistoryBuilder, text: string, place: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return `${place}: the file ends within a line of ${text.length} characters, which is left out; ${builder.length} ops before it are whole`;
  }
  pushLine(builder, text, place);
  return undefined;
}

function pushLine(builder: HistoryBuilder, text: string, place: string): void {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw malformed(place, `is no JSON: ${shown(text)}`, cause);
  }
  builder.push(opOf(value, builder.length, place), place);
}

function opOf(line: Json, expectedIndex: number, place: string): OpInput {
  if (!isObject(line)) throw malformed(place, `is no op but ${shown(JSON.stringify(line))}`);
  const { index, process, type, f, value, timeNs, error } = line;
  const problems: string[] = [];
  if (index !== expectedIndex) problems.push(`"index" is ${JSON.stringify(index)} where ${expectedIndex} is next`);
  if (process !== "nemesis" && !isCount(process)) problems.push(`"process" is ${JSON.stringify(process)}, neither a number from 0 nor "nemesis"`);
  if (type !== "invoke" && type !== "ok" && type !== "fail" && type !== "info") problems.push(`"type" is ${JSON.stringify(type)}, not invoke, ok, fail or info`);
  if (typeof f !== "string") problems.push(`"f" is ${JSON.stringify(f)}, not a function's name`);
  if (value === undefined) problems.push(`"value" is missing`);
  if (timeNs !== -1 && !isCount(timeNs)) problems.push(`"timeNs" is ${JSON.stringify(timeNs)}, not whole nanoseconds`);
  if (problems.length > 0) throw malformed(place, problems.join("; "));
  const op = { process: process === "nemesis" ? NEMESIS : Number(process), type: type as OpInput["type"], f: String(f), value: value!, timeNs: Number(timeNs) };
  return error === undefined ? op : { ...op, error };
}

function isCount(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function malformed(place: string, what: string, cause?: unknown): HarnessError {
  return new HarnessError("HISTORY_MALFORMED", `${place}: ${what}`, { nextStep: "correct that line, or cut the history before it and check the rest", cause });
}

function shown(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
