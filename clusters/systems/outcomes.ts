import type { Json } from "../../harness/json.ts";
import type { Call, Outcome } from "../../harness/op.ts";

/** The call surely had no effect; `error` begins with its class. */
export function failed(call: Call, error: Json): Outcome {
  return { type: "fail", value: call.value, error };
}

/** The call may have had its effect, then or later. */
export function unknown(call: Call, error: Json): Outcome {
  return { type: "info", value: call.value, error };
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a call has no answer: the history's class of it, and what the driver says. */
export function lost(error: unknown, signal: AbortSignal): Json {
  return [signal.aborted ? "deadline" : "connection-lost", messageOf(error)];
}
