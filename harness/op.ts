import type { Json } from "./json.ts";
import type { ProcessId } from "./ids.ts";

/**
 * One history entry. A client's operation is an `Invocation` and, later, at most one `Completion`:
 *
 *     process 0   invoke write 1 ------------ ok write 1
 *     process 1          invoke read ---- ok read 1
 *     process 2   invoke cas [1 2] --------------------------- info (timeout)
 *
 * `ok` happened; `fail` surely did not; `info` may have happened, then or ever after.
 * The nemesis writes `info` entries under the process `NEMESIS`, always in pairs: begin, end.
 */
export type Op = Invocation | Completion;
export type OpType = "invoke" | "ok" | "fail" | "info";

interface OpCommon {
  /** Position in the history, from 0. */
  readonly index: number;
  readonly process: ProcessId;
  /** The function's name: `read`, `write`, `cas`, `txn`, `isolate`. */
  readonly f: string;
  readonly value: Json;
  /** Integer nanoseconds of the monotonic clock from the run's start; -1 where a recorded history has none. */
  readonly timeNs: number;
}
export interface Invocation extends OpCommon {
  readonly type: "invoke";
}
export interface Completion extends OpCommon {
  readonly type: "ok" | "fail" | "info";
  /** Why it did not end in `ok`: a class of the system's error registry, or plain text. */
  readonly error?: Json;
}

/** What a client is asked to do, before it has a place in the history. */
export interface Call {
  readonly f: string;
  readonly value: Json;
}

/** What a client answers; `value` is what the object returned (for a write: anything, it is not looked at). */
export interface Outcome {
  readonly type: "ok" | "fail" | "info";
  readonly value: Json;
  readonly error?: Json;
}
