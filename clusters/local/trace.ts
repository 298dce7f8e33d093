import type { ActorId, OperationId } from "../../harness/actor.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import { hash32 } from "../../harness/random.ts";

/**
 * The actors' diary: `logs/<node>/messages.jsonl`, one line per handled event, written in the order of handling and
 * handed to the kernel before any of the event's effects leaves. Handlers are pure and every input is here, so a run
 * can be validated by replaying it: no search is needed. Vector clocks order the lines of all nodes causally.
 *
 *     {"node":0,"seq":7,"epoch":0,"round":0,"event":"deliver","in":{"mid":"1-0-3","from":1,"message":…},
 *      "out":[{"mid":"0-0-9","to":2,"message":…}],"replies":[{"operation":"c0.4","value":…}],"save":…,
 *      "stateHash":"3f…","clock":[5,4,0]}
 *
 * `mid` = `<sender>-<sender's epoch>-<n>`; the epoch counts a node's lives from 0. `seq` counts a life's lines from 0.
 * `save` is there when the handler saved (the last value, when it saved often). A frame that is in an `out` and in no
 * `in` was lost or is still under way. A `deliver` never repeats a mid: the transport is at most once.
 *
 * A node's clock goes on in its next life where the last one's diary ends, so clocks order the lives too.
 */
export type TraceEvent =
  | { readonly event: "start"; readonly in: { readonly durable: Json } }
  | { readonly event: "deliver"; readonly in: { readonly mid: string; readonly from: ActorId; readonly message: Json } }
  | { readonly event: "timer"; readonly in: { readonly timer: Json } }
  | { readonly event: "choice"; readonly in: { readonly key: string; readonly option: number; readonly choice: Json } }
  | { readonly event: "call"; readonly in: { readonly operation: OperationId; readonly call: Call } };

export type TraceLine = TraceEvent & {
  readonly node: ActorId;
  readonly seq: number;
  readonly epoch: number;
  /** 0 is the deployed system itself; others are rounds of a comparison. */
  readonly round: number;
  readonly out: readonly { readonly mid: string; readonly to: ActorId; readonly message: Json }[];
  readonly replies: readonly { readonly operation: OperationId; readonly value: Json }[];
  readonly save?: Json;
  readonly stateHash: string;
  readonly clock: readonly number[];
};

/** The name of a node's `n`-th message in its life `epoch`; see `TraceLine`. */
export function midOf({ from, epoch, n }: { readonly from: ActorId; readonly epoch: number; readonly n: number }): string {
  return `${from}-${epoch}-${n}`;
}

/** The last line of a diary that has reached its greatest size: what came after it was not written down. */
export interface DiaryEnd {
  readonly full: true;
}

/** Name of the file in a node's log folder. */
export const traceFileName = "messages.jsonl";

/** 64 bits of an actor's state as 16 hex digits: two 32-bit hashes of its canonical JSON. Not for security. O(size). */
export function stateHash(state: Json): string {
  const text = canonicalJson(state);
  return hex(hash32(text, 0x2545f491)) + hex(hash32(text, 0x6c078965));
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
