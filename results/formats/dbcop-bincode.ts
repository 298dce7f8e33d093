import type { HistoryFormat, ParseOptions, RecordedHistory } from "./format.ts";
import { wholeNumber } from "./exact-json.ts";
import { type SessionEvent, SessionHistory } from "./sessions.ts";

/**
 * DBCop's `history.bincode` of 2019, the form in which PolySI publishes its histories. Little endian, numbers of 8 bytes,
 * truths of one, lists and texts after their length:
 *
 *     id, nodes, variables, transactions, events       numbers
 *     info, start, end                                 texts
 *     [ [ [ write?, variable, value, success? ]        sessions of transactions of events,
 *         success? ] ]                                 each with whether it happened
 *
 * What did not happen within a transaction that did stands as a failed transaction before it. In errors the "line" is
 * the byte at which the file stops making sense.
 */
export const dbcopBincode: HistoryFormat = {
  name: "dbcop-bincode",
  binary: true,
  summary: "DBCop's and PolySI's history.bincode",
  detect: (_head, bytes) => {
    try {
      const reader = new Reader(bytes, { file: "" });
      readHeader(reader);
      return true;
    } catch {
      return false;
    }
  },
  parse(bytes, options): RecordedHistory {
    const history = new SessionHistory(options);
    const reader = new Reader(bytes, options);
    readHeader(reader);
    const sessions = reader.length(8);
    for (let s = 0; s < sessions; s++) {
      const transactions = reader.length(9);
      for (let t = 0; t < transactions; t++) {
        const line = reader.at;
        const done: SessionEvent[] = [];
        const undone: SessionEvent[] = [];
        for (let left = reader.length(18); left > 0; left--) {
          const write = reader.truth();
          const event: SessionEvent = { write, key: reader.number(), value: reader.number() };
          (reader.truth() ? done : undone).push(event);
        }
        const committed = reader.truth();
        const failed = (committed ? undone : [...done, ...undone]).filter(({ write }) => write);
        if (failed.length > 0) history.add(s, failed, { committed: false, line });
        if (committed) history.add(s, done, { committed: true, line });
      }
    }
    if (reader.at < bytes.length) throw reader.wrong(`${bytes.length - reader.at} bytes follow the last session`);
    return history.finish("dbcop-bincode");
  },
};

function readHeader(reader: Reader): void {
  for (let i = 0; i < 5; i++) reader.number();
  reader.text();
  // Two moments as RFC 3339: what tells this form from other binary files.
  for (const name of ["start", "end"]) {
    const moment = reader.text();
    if (!/^\d{4}-\d{2}-\d{2}T/.test(moment)) throw reader.wrong(`its ${name} is no moment`);
  }
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #history: SessionHistory;

  constructor(bytes: Uint8Array, options: ParseOptions) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#history = new SessionHistory(options);
  }

  wrong(what: string): Error {
    return this.#history.malformed(this.at, what);
  }

  number(): number | string {
    return wholeNumber(this.#take(8, (at) => this.#view.getBigUint64(at, true)).toString());
  }

  truth(): boolean {
    const byte = this.#take(1, (at) => this.#bytes[at]!);
    if (byte > 1) throw this.wrong(`a truth is 0 or 1, not ${byte}`);
    return byte === 1;
  }

  /** The length of a list whose members take at least `least` bytes each. */
  length(least: number): number {
    const length = this.number();
    if (typeof length === "number" && length * least <= this.#bytes.length - this.at) return length;
    throw this.wrong(`a list of ${length} does not fit into the ${this.#bytes.length - this.at} bytes that are left: the file is cut or of another form`);
  }

  text(): string {
    const length = this.length(1);
    return this.#take(length, (at) => new TextDecoder("utf-8").decode(this.#bytes.subarray(at, at + length)));
  }

  #take<T>(size: number, read: (at: number) => T): T {
    if (this.at + size > this.#bytes.length) throw this.wrong("the file is cut here");
    const value = read(this.at);
    this.at += size;
    return value;
  }
}
