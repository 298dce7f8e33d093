import { typeCodeOf, typeNames } from "./history.ts";
import { NEMESIS } from "./ids.ts";
import { isArray, type Json } from "./json.ts";
import type { Op, OpType } from "./op.ts";

/**
 * Lines of a history file, gathered as bytes.
 *
 *     {"index":7,"process":0,"type":"ok","f":"read","value":3,"timeNs":18000}
 *      head      processKey ─┘ middle: the same for a type and a name    └─ timeKey
 *
 * Digits and the parts that are always the same go straight into the buffer; no text is made of a line whose value is of
 * numbers. A line that was put together as a text of a dozen pieces and then copied took twice as long, and left garbage.
 */
export class HistoryLines {
  #bytes: Buffer = Buffer.allocUnsafeSlow(leastBytes);
  #length = 0;

  /** Of all lines, bytes. */
  get length(): number {
    return this.#length;
  }

  /** A view of all lines; it holds until the next call. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Throws when the value is no plain data; then there is nothing of its line. */
  append(op: Op): void {
    const before = this.#length;
    try {
      this.#line(op);
    } catch (error) {
      this.#length = before;
      throw error;
    }
  }

  /** Forgets all lines; the buffer stays, unless it had to become large. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > keptBytesMax) this.#bytes = Buffer.allocUnsafeSlow(leastBytes);
  }

  #line(op: Op): void {
    this.#fixed(head);
    this.#number(op.index);
    this.#fixed(processKey);
    if (op.process === NEMESIS) this.#fixed(nemesis);
    else this.#number(op.process);
    this.#fixed(middle(op.type, op.f));
    this.#json(op.value);
    this.#fixed(timeKey);
    this.#number(op.timeNs);
    if (op.type !== "invoke" && op.error !== undefined) {
      this.#fixed(errorKey);
      this.#json(op.error);
    }
    this.#byte(closeBrace);
    this.#byte(newline);
  }

  #json(value: Json): void {
    if (typeof value === "number") this.#number(value);
    else if (value === null || value === undefined) this.#fixed(nothing);
    else if (typeof value === "object" && isArray(value)) this.#list(value);
    else this.#text(JSON.stringify(value));
  }

  #list(values: readonly Json[]): void {
    this.#byte(openBracket);
    for (let i = 0; i < values.length; i++) {
      if (i > 0) this.#byte(comma);
      this.#json(values[i]!);
    }
    this.#byte(closeBracket);
  }

  #number(value: number): void {
    if (value >= 0 && value < 1e9 && Number.isInteger(value)) this.#digits(value, countDigits(value));
    else if (value >= 1e9 && Number.isSafeInteger(value)) {
      // Two parts, each of which divides as a 32-bit number does.
      const high = Math.floor(value / 1e9);
      this.#digits(high, countDigits(high));
      this.#digits(value - high * 1e9, 9);
    } else this.#text(Number.isFinite(value) ? String(value) : "null");
  }

  /** `count` digits of a number below 1e9, with zeros before it. */
  #digits(value: number, count: number): void {
    this.#makeRoom(count);
    const bytes = this.#bytes;
    const from = this.#length;
    let rest = value | 0;
    for (let at = from + count - 1; at >= from; at--) {
      const tenth = (rest / 10) | 0;
      bytes[at] = zero + rest - tenth * 10;
      rest = tenth;
    }
    this.#length = from + count;
  }

  #fixed(part: Uint8Array): void {
    this.#makeRoom(part.length);
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
  }

  #text(text: string): void {
    this.#makeRoom(text.length * utf8BytesMax);
    this.#length += this.#bytes.write(text, this.#length);
  }

  #byte(byte: number): void {
    this.#makeRoom(1);
    this.#bytes[this.#length++] = byte;
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#length + bytes, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** One line, newline included. */
export function encodeOp(op: Op): string {
  const lines = new HistoryLines();
  lines.append(op);
  return lines.bytes.toString("utf8");
}

const leastBytes = 64 * 1024;
const keptBytesMax = 1024 * 1024;
/** Of one unit of a JavaScript text. */
const utf8BytesMax = 3;

const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
const head = ascii('{"index":');
const processKey = ascii(',"process":');
const nemesis = ascii('"nemesis"');
const timeKey = ascii(',"timeNs":');
const errorKey = ascii(',"error":');
const nothing = ascii("null");
const [openBracket, closeBracket, closeBrace, comma, newline, zero] = [0x5b, 0x5d, 0x7d, 0x2c, 0x0a, 0x30] as const;

/** Functions are few and types four: what stands between the process and the value is made once for both. By type and name. */
const middles: readonly Map<string, Uint8Array>[] = typeNames.map(() => new Map<string, Uint8Array>());
const middlesMax = 10_000;
function middle(type: OpType, f: string): Uint8Array {
  const known = middles[typeCodeOf(type)]!;
  let bytes = known.get(f);
  if (bytes === undefined) {
    bytes = ascii(`,"type":"${type}","f":${JSON.stringify(f)},"value":`);
    if (known.size < middlesMax) known.set(f, bytes);
  }
  return bytes;
}

/** Of a whole number from 0 below 1e9. */
function countDigits(value: number): number {
  let count = 1;
  for (let power = 10; value >= power; power *= 10) count++;
  return count;
}
