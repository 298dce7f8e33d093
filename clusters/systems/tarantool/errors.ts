import type { ServerAnswer } from "../outcomes.ts";
import { TarantoolError } from "./session.ts";

/**
 * What Tarantool's error codes tell of the call that they answer. A synchronous transaction whose quorum is not
 * collected in time is rolled back before its client is told. Source: `box.error` of Tarantool 2.6.0.
 */
export const knownErrors: ReadonlyMap<number, ServerAnswer> = new Map<number, ServerAnswer>([
  [3, { effect: "none", class: "duplicate-key" }],
  [7, { effect: "none", class: "read-only" }],
  [33, { effect: "none", class: "no-such-function" }],
  [42, { effect: "none", class: "not-allowed" }],
  [116, { effect: "none", class: "loading" }],
  [216, { effect: "none", class: "quorum-timeout" }],
  [217, { effect: "none", class: "rolled-back" }],
]);

/** Undefined when the server did not say it. */
export function tarantoolAnswer(error: unknown): ServerAnswer | undefined {
  if (!(error instanceof TarantoolError)) return undefined;
  return knownErrors.get(error.code) ?? { effect: "unknown", class: "server-error" };
}
