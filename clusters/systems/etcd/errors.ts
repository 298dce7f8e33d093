import type { ServerAnswer } from "../outcomes.ts";
import type { HttpReply } from "./http.ts";
import { isObject, type Json } from "../../../harness/json.ts";

/**
 * Which of etcd's answers are a definite no. A write is proposed to Raft and then waited for; what etcd refuses before
 * it proposes has surely not happened, what it stops waiting for may have. An answer that is not in the table is taken
 * for the second kind: an unknown error is never a `fail`.
 */
export interface KnownError extends ServerAnswer {
  /** Part of the answer's text. */
  readonly says: string;
}

export const knownErrors: readonly KnownError[] = [
  // Refused before a proposal is made.
  { says: "etcdserver: too many requests", effect: "none", class: "too-many-requests" },
  { says: "etcdserver: no leader", effect: "none", class: "no-leader" },
  { says: "etcdserver: request is too large", effect: "none", class: "too-large" },
  { says: "etcdserver: key is not provided", effect: "none", class: "bad-request" },
  { says: "etcdserver: duplicate key given in txn request", effect: "none", class: "bad-request" },
  { says: "etcdserver: mvcc: database space exceeded", effect: "none", class: "no-space" },
  { says: "etcdserver: mvcc: required revision has been compacted", effect: "none", class: "compacted" },
  { says: "etcdserver: mvcc: required revision is a future revision", effect: "none", class: "future-revision" },
  { says: "etcdserver: not capable", effect: "none", class: "not-capable" },
  { says: "raft proposal dropped", effect: "none", class: "proposal-dropped" },
  // Given up on after the proposal.
  { says: "etcdserver: request timed out", effect: "unknown", class: "server-timeout" },
  { says: "etcdserver: leader changed", effect: "unknown", class: "leader-changed" },
  { says: "etcdserver: server stopped", effect: "unknown", class: "stopping" },
  { says: "context deadline exceeded", effect: "unknown", class: "server-timeout" },
  { says: "context canceled", effect: "unknown", class: "server-cancelled" },
  { says: "transport is closing", effect: "unknown", class: "unavailable" },
];

/** An answer other than 200: its text, and the row that knows it. */
export function classify(reply: HttpReply): { readonly effect: "none" | "unknown"; readonly error: Json } {
  const said = messageOf(reply);
  const known = knownErrors.find((row) => said.includes(row.says));
  return { effect: known?.effect ?? "unknown", error: [known?.class ?? "unknown-answer", `${reply.status} ${said}`] };
}

function messageOf(reply: HttpReply): string {
  try {
    const body: Json = JSON.parse(reply.text);
    const message = isObject(body) ? (body["error"] ?? body["message"]) : undefined;
    return typeof message === "string" ? message : reply.text.trim();
  } catch {
    return reply.text.trim();
  }
}
