import type { ServerAnswer } from "../outcomes.ts";

/**
 * Which of Redis' answers are a definite no. A command is checked before it is executed: what the check refuses has
 * surely not happened. What is said after the execution, and what the table does not know, may have.
 *
 * Source: the error replies of Redis 7.0 (`server.c`, processCommand) and the documents of EVAL and WAIT.
 */
export interface KnownRedisError extends ServerAnswer {
  /** The first word of the answer. */
  readonly code: string;
}

export const redisErrors: readonly KnownRedisError[] = [
  { code: "READONLY", effect: "none", class: "read-only" },
  { code: "LOADING", effect: "none", class: "loading" },
  { code: "MASTERDOWN", effect: "none", class: "primary-down" },
  { code: "NOREPLICAS", effect: "none", class: "too-few-replicas" },
  { code: "OOM", effect: "none", class: "out-of-memory" },
  { code: "MISCONF", effect: "none", class: "disk-error" },
  { code: "BUSY", effect: "none", class: "busy" },
  { code: "EXECABORT", effect: "none", class: "transaction-refused" },
  { code: "WRONGTYPE", effect: "none", class: "wrong-type" },
  { code: "NOAUTH", effect: "none", class: "no-access" },
  { code: "NOPERM", effect: "none", class: "no-access" },
  // Said to a WAIT whose node is demoted: the write before it was executed.
  { code: "UNBLOCKED", effect: "unknown", class: "demoted-while-waiting" },
];

/** The row of an answer; one that no row knows may mean anything. */
export function knownRedisError(said: string): KnownRedisError {
  const code = /^\S*/.exec(said)![0];
  return redisErrors.find((row) => row.code === code) ?? { code, effect: "unknown", class: "server-error" };
}
