import type { Json } from "../../harness/json.ts";
import { type FormatName, type ParseOptions, type RecordedHistory, RecordedOps } from "./format.ts";

/**
 * Histories of sessions, as the testers of weak isolation write them (DBCop, PolySI, Plume, AWDIT): each session is a
 * list of transactions on registers, and nothing is said about when they ran beside one another.
 *
 *     session 1   [x := 1, y == 0] [x == 1]          ── process 0   txn [[w x 1] [r y null]], txn [[r x 1]]
 *     session 2   [y := 2]                           ── process 1   txn [[w y 2]]
 *
 * So the order of the sessions' transactions among each other means nothing (`unordered`). Zero is the initial value of
 * every register: a read of 0 that nobody wrote to it becomes a read of null.
 */
export interface SessionEvent {
  readonly write: boolean;
  readonly key: Json;
  readonly value: Json;
}

export class SessionHistory {
  readonly #ops: RecordedOps;
  readonly #transactions: { readonly session: number; readonly committed: boolean; readonly events: readonly SessionEvent[]; readonly line: number }[] = [];

  constructor(options: ParseOptions) {
    // What a form without invocations says is taken as it is: every transaction stands for its own instant.
    this.#ops = new RecordedOps({ file: options.file, ...(options.tolerateCutTail === undefined ? {} : { tolerateCutTail: options.tolerateCutTail }) }, { strict: false });
  }

  /** Appends a transaction to its session; `line` is where it stands, for errors. */
  add(session: number, events: readonly SessionEvent[], options: { readonly committed: boolean; readonly line: number }): void {
    this.#transactions.push({ session, events, ...options });
  }

  /** As `RecordedOps`. */
  malformed(line: number, what: string): Error {
    return this.#ops.malformed(line, what);
  }

  cutTail(line: number, what: string): void {
    this.#ops.cutTail(line, what);
  }

  finish(format: FormatName): RecordedHistory {
    const zeros = new Set<Json>();
    for (const { events } of this.#transactions) for (const { write, key, value } of events) if (write && value === 0) zeros.add(key);
    for (const { session, committed, events, line } of this.#transactions) {
      const value = events.map(({ write, key, value: seen }): Json => (write ? ["w", key, seen] : ["r", key, seen === 0 && !zeros.has(key) ? null : seen]));
      this.#ops.push({ process: session, type: "invoke", f: "txn", value }, () => line);
      this.#ops.push({ process: session, type: committed ? "ok" : "fail", f: "txn", value }, () => line);
    }
    return { history: this.#ops.finish(), format, kind: "txn", nullReads: "observed", absent: null, unordered: true, notes: this.#ops.notes };
  }
}
