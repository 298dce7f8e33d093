import type { ServerAnswer } from "../outcomes.ts";
import { ZooKeeperError } from "./session.ts";

/**
 * What a server's code tells of the request that it answers. A write is answered when it was committed as a
 * transaction, and one that is refused is committed as an error: so a refusal is final. Codes that tell of a server in
 * trouble, and those that the table does not know, may come after the write was proposed.
 *
 * Source: `KeeperException.Code` of ZooKeeper 3.8.
 */
export const knownErrors: ReadonlyMap<number, ServerAnswer> = new Map<number, ServerAnswer>([
  [-8, { effect: "none", class: "bad-arguments" }],
  [-101, { effect: "none", class: "no-node" }],
  [-102, { effect: "none", class: "not-allowed" }],
  [-103, { effect: "none", class: "bad-version" }],
  [-110, { effect: "none", class: "node-exists" }],
  [-112, { effect: "none", class: "session-expired" }],
  [-118, { effect: "none", class: "session-moved" }],
  [-119, { effect: "none", class: "read-only" }],
  [-127, { effect: "none", class: "throttled" }],
  [-1, { effect: "unknown", class: "system-error" }],
  [-4, { effect: "unknown", class: "connection-loss" }],
  [-7, { effect: "unknown", class: "operation-timeout" }],
  [-122, { effect: "unknown", class: "request-timeout" }],
]);

/** Undefined when the server did not say it. */
export function zooKeeperAnswer(error: unknown): ServerAnswer | undefined {
  if (!(error instanceof ZooKeeperError)) return undefined;
  return knownErrors.get(error.code) ?? { effect: "unknown", class: "server-error" };
}
