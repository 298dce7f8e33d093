import type { KnownSqlError } from "../sql/session.ts";

/**
 * Which of MariaDB's errors, said in answer to a COMMIT or to a single statement, mean that nothing took effect: what
 * was rolled back, or refused before it was looked at. What ends a connection or a wait may come after the commit.
 *
 * Source: MariaDB's list of error codes; 1047 is how a Galera node that is not ready refuses every command.
 */
export const mariadbErrors: readonly KnownSqlError[] = [
  { code: "1213", effect: "none", class: "deadlock" },
  { code: "1205", effect: "none", class: "lock-wait-timeout" },
  { code: "1020", effect: "none", class: "record-changed" },
  { code: "1047", effect: "none", class: "node-not-ready" },
  { code: "1062", effect: "none", class: "duplicate-key" },
  { code: "1064", effect: "none", class: "bad-statement" },
  { code: "1146", effect: "none", class: "no-such-table" },
  { code: "1290", effect: "none", class: "read-only" },
  { code: "1040", effect: "none", class: "too-many-connections" },
  { code: "1180", effect: "unknown", class: "error-during-commit" },
  { code: "1053", effect: "unknown", class: "shutting-down" },
  { code: "1317", effect: "unknown", class: "interrupted" },
  { code: "1927", effect: "unknown", class: "connection-killed" },
];
