import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { HarnessError } from "../../harness/errors.ts";
import { awdit } from "./awdit.ts";
import { dbcopBincode } from "./dbcop-bincode.ts";
import { dbcopJson, dbcopText } from "./dbcop.ts";
import { type FormatName, headBytes, type HistoryFormat, type ParseOptions, type RecordedHistory } from "./format.ts";
import { jepsenEdn } from "./jepsen-edn.ts";
import { jepsenJson } from "./jepsen-json.ts";
import { jepsenLog } from "./jepsen-log.ts";
import { jsonl } from "./jsonl.ts";
import { plume } from "./plume.ts";
import { porcupineKv } from "./porcupine-kv.ts";

/** Every form that we read, in the order in which they are tried. */
export const formats: readonly HistoryFormat[] = [dbcopBincode, dbcopJson, dbcopText, jepsenJson, jsonl, porcupineKv, jepsenEdn, plume, awdit, jepsenLog];

export interface ReadOptions extends Partial<ParseOptions> {
  /** Forces the form instead of finding it. */
  readonly format?: FormatName;
}

/**
 * Reads a recorded history, finding its form by its beginning. Errors: `FILE_UNREADABLE`; `FORMAT_UNKNOWN` when no
 * form fits; `HISTORY_MALFORMED` naming `file:line`. An empty file is an empty history.
 */
export async function readHistory(path: string, options: ReadOptions = {}): Promise<RecordedHistory> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new HarnessError("FILE_UNREADABLE", `cannot read ${path}`, { nextStep: "check the path and its permissions", cause });
  }
  return parseHistory(bytes, { ...options, file: options.file ?? path });
}

/** As `readHistory`, from bytes already in memory. */
export function parseHistory(bytes: Uint8Array, options: ReadOptions & { readonly file: string }): RecordedHistory {
  const text = withoutMark(bytes);
  const format = options.format === undefined ? detect(text, options.file) : formatNamed(options.format);
  if (format.binary !== true) mustBeUtf8(text, options.file);
  return format.parse(text, options);
}

/** Bytes that are no UTF-8 would all be read as the same sign, and different values become equal. A character that the end of the file cuts is left to the form. */
function mustBeUtf8(bytes: Uint8Array, file: string): void {
  const whole = bytes.subarray(0, bytes.length - cutCharacter(bytes));
  if (isUtf8(whole)) return;
  for (let start = 0, line = 1; start < whole.length; line++) {
    const newline = whole.indexOf(0x0a, start);
    const end = newline < 0 ? whole.length : newline + 1;
    if (!isUtf8(whole.subarray(start, end))) {
      throw new HarnessError("HISTORY_MALFORMED", `${file}:${line}: the line is not in UTF-8`, { nextStep: "convert the file from the encoding that it has: iconv -f ISO-8859-1 -t UTF-8 FILE" });
    }
    start = end;
  }
}

/** How many bytes at the end begin a character that is not whole. */
function cutCharacter(bytes: Uint8Array): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const lead = bytes[bytes.length - length]!;
    if (lead < 0x80) return 0;
    if (lead >= 0xc0) return (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2) > length ? length : 0;
  }
  return 0;
}

/** The format of that name; an unknown one is a `HarnessError` listing those that exist. */
export function formatNamed(name: string): HistoryFormat {
  const format = formats.find((candidate) => candidate.name === name);
  if (format === undefined) {
    throw new HarnessError("UNKNOWN_NAME", `there is no format ${JSON.stringify(name)}`, { nextStep: `use one of ${formats.map((f) => f.name).join(", ")}` });
  }
  return format;
}

/** Editors on Windows put a byte order mark before UTF-8; it says nothing. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** What a file is that is no text in UTF-8, by its first two bytes, and how to make one of it. */
function wrapped(bytes: Uint8Array): { readonly is: string; readonly nextStep: string } | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return { is: "is compressed by gzip", nextStep: "unpack it first: gunzip --keep FILE" };
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return { is: "is written in UTF-16", nextStep: "convert it first: iconv -f UTF-16 -t UTF-8 FILE" };
  return undefined;
}

function detect(bytes: Uint8Array, file: string): HistoryFormat {
  const head = new TextDecoder("utf-8").decode(bytes.subarray(0, headBytes));
  if (head.trim() === "") return jsonl;
  const format = formats.find((candidate) => candidate.detect(head, bytes));
  if (format === undefined) {
    const packed = wrapped(bytes);
    if (packed !== undefined) throw new HarnessError("FORMAT_UNKNOWN", `${file} ${packed.is}`, { nextStep: packed.nextStep });
    const first = head.trimStart().split("\n", 1)[0]!.slice(0, 60);
    throw new HarnessError("FORMAT_UNKNOWN", `${file} begins with ${JSON.stringify(first)}, which is no form that we read`, {
      nextStep: `force one with --format: ${formats.map((f) => f.name).join(", ")}`,
    });
  }
  return format;
}
