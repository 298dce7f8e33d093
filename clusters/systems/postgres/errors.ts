import type { KnownSqlError } from "../sql/session.ts";

/**
 * Which SQLSTATEs, said in answer to a COMMIT or to a single statement, mean that nothing took effect. The server sends
 * an error before it writes the commit record for everything but what ends its wait afterwards: a shutdown, a cancelled
 * wait for a standby. A code that is not here is taken for one of those. Two digits stand for their class.
 *
 * Source: PostgreSQL 15's documents, appendix A, and `RecordTransactionCommit`, `SyncRepWaitForLSN` for the order.
 */
export const postgresErrors: readonly KnownSqlError[] = [
  { code: "40", effect: "none", class: "rolled-back" },
  { code: "40001", effect: "none", class: "serialization-failure" },
  { code: "40P01", effect: "none", class: "deadlock" },
  { code: "40003", effect: "unknown", class: "completion-unknown" },
  { code: "22", effect: "none", class: "bad-data" },
  { code: "23", effect: "none", class: "constraint" },
  { code: "25", effect: "none", class: "bad-transaction-state" },
  { code: "25006", effect: "none", class: "read-only" },
  { code: "42", effect: "none", class: "bad-statement" },
  { code: "53300", effect: "none", class: "too-many-connections" },
  { code: "55P03", effect: "none", class: "lock-not-available" },
  { code: "57P03", effect: "none", class: "cannot-connect-now" },
  { code: "57P01", effect: "unknown", class: "shutting-down" },
  { code: "57P02", effect: "unknown", class: "crashed" },
  { code: "57014", effect: "unknown", class: "cancelled" },
  { code: "08", effect: "unknown", class: "connection" },
];
