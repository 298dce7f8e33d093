import { JetStreamApiError, JetStreamError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import type { ServerAnswer } from "../outcomes.ts";

/**
 * What JetStream's error codes tell of the message that they answer. A wrong sequence is found when the message's turn
 * comes in the replicated log, by every replica alike, so the refusal is final. A code that the table does not know may
 * come after the message was proposed.
 *
 * Source: `errors.json` of nats-server 2.9.
 */
export const knownErrors: ReadonlyMap<number, ServerAnswer> = new Map<number, ServerAnswer>([
  [10071, { effect: "none", class: "wrong-last-sequence" }],
  [10054, { effect: "none", class: "message-too-large" }],
  [10109, { effect: "none", class: "stream-sealed" }],
  [10008, { effect: "unknown", class: "temporarily-unavailable" }],
  [10023, { effect: "unknown", class: "insufficient-resources" }],
  [10077, { effect: "unknown", class: "maximum-messages" }],
]);

/**
 * Undefined when no server said it. "No responders" is said by the asked server when nobody that it knows of listens to
 * the subject, and then it has dropped the message: no stream has it.
 */
export function natsAnswer(error: unknown): ServerAnswer | undefined {
  if (saysNoResponders(error) || (error instanceof Error && saysNoResponders(error.cause))) return { effect: "none", class: "no-responders" };
  if (error instanceof JetStreamApiError) return knownErrors.get(error.code) ?? { effect: "unknown", class: "server-error" };
  if (error instanceof JetStreamError) return { effect: "unknown", class: "server-status" };
  return undefined;
}

/** JetStream's own calls wrap it in an error of theirs. */
function saysNoResponders(error: unknown): boolean {
  return error instanceof errors.RequestError && error.isNoResponders();
}
