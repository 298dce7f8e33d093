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

/** What a server's own error means for the call that it answers. */
export interface ServerAnswer {
  /** `none`: what was asked has surely not taken effect. `unknown`: it may have. */
  readonly effect: "none" | "unknown";
  /** The class that goes into the history. */
  readonly class: string;
}

export interface Ending {
  /** Undefined: the error is not the server's. */
  readonly answer: ServerAnswer | undefined;
  /** Whatever the error says, the call had no effect: nothing was sent that could have one. */
  readonly certain: boolean;
  readonly signal: AbortSignal;
  /** What the server said; default: the error's message. */
  readonly said?: string;
}

/** The outcome of a call that ended in an error. */
export function endedBy(error: unknown, call: Call, { answer, certain, signal, said }: Ending): Outcome {
  const why: Json = answer === undefined ? lost(error, signal) : [answer.class, said ?? messageOf(error)];
  return certain || answer?.effect === "none" ? failed(call, why) : unknown(call, why);
}
