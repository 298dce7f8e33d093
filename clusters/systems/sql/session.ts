import type { Json } from "../../../harness/json.ts";
import type { ClientTarget } from "../../../harness/client.ts";
import type { ClientSession } from "../session-client.ts";

/**
 * One connection to one SQL server, as a client of any such database needs it. No pool, no retry, no reconnect: what a
 * session says is what the server said, and when it is over it stays over.
 */
export interface SqlSession extends ClientSession {
  /** Runs one statement; throws the driver's error. Inside a transaction once `begin` was run. */
  run(statement: Statement): Promise<Rows>;
  begin(): Promise<void>;
  /** Throws when COMMIT failed or was not answered. */
  commit(): Promise<Committed>;
  rollback(): Promise<void>;
}

/** An answer to COMMIT; one that means that the transaction was rolled back says so. */
export type Committed = Doubtful & ({ readonly committed: true } | { readonly committed: false; readonly said: string });

/** What the server added to its answer when that promises less than it seems: that what was committed may not last. */
export interface Doubtful {
  readonly doubt?: string;
}

export interface Statement {
  readonly text: string;
  readonly values: readonly (string | number)[];
}
/** The answer to a statement; the doubt is about one that was its own COMMIT. */
export interface Rows extends Doubtful {
  readonly rows: readonly (readonly Json[])[];
  /** How many rows were changed. */
  readonly changed: number;
}

/** What is particular to a database. */
export interface SqlDialect {
  readonly database: string;
  /** Opens a session whose `begin` and single statements have the isolation that was set. */
  open(target: ClientTarget): Promise<SqlSession>;
  readonly statements: SqlStatements;
  /** What the server's codes mean when they answer a COMMIT or a single statement. */
  readonly errors: readonly KnownSqlError[];
  /** The server's own code in an error, undefined when the server did not say it. */
  codeOf(error: unknown): string | undefined;
}

/** The statements of the workloads' objects. Keys and values of `kv` are texts (JSON), those of lists and registers whole numbers. */
export interface SqlStatements {
  readonly get: (key: string) => Statement;
  readonly put: (key: string, value: string) => Statement;
  readonly remove: (key: string) => Statement;
  /** Changes a row if the value was `from`. */
  readonly compareAndSet: (key: string, values: { readonly from: string; readonly to: string }) => Statement;
  readonly removeIf: (key: string, value: string) => Statement;
  /** Changes a row if there was none. */
  readonly putIfAbsent: (key: string, value: string) => Statement;
  readonly add: (element: number) => Statement;
  readonly elements: () => Statement;
  /** A list's elements as a text, comma between. */
  readonly readList: (key: number) => Statement;
  /** One statement, or a read and what is written because of it. */
  readonly append: (key: number, element: number) => Statement;
  /** Stores the whole list. */
  readonly writeList: (key: number, elements: string) => Statement;
  readonly readRegister: (key: number) => Statement;
  readonly writeRegister: (key: number, value: number) => Statement;
}

/** A code (or the beginning of one) that the server says, and what is then known. */
export interface KnownSqlError {
  readonly code: string;
  /** `none`: said to a COMMIT or a single statement, it means that nothing took effect. `unknown`: something may have. */
  readonly effect: "none" | "unknown";
  /** The class that goes into the history. */
  readonly class: string;
}

/** The row of the longest code that fits; a code that the table does not know may mean anything. Undefined: the server did not say it. */
export function knownError(dialect: SqlDialect, error: unknown): KnownSqlError | undefined {
  const code = dialect.codeOf(error);
  if (code === undefined) return undefined;
  const rows = dialect.errors.filter((row) => code.startsWith(row.code)).sort((a, b) => b.code.length - a.code.length);
  return rows[0] ?? { code, effect: "unknown", class: "server-error" };
}
