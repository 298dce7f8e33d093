import { Socket } from "node:net";
import type { QueryArrayResult } from "pg";
import type { Endpoint } from "../../../harness/cluster.ts";
import type { Json } from "../../../harness/json.ts";
import type { Rows, SqlSession } from "../sql/session.ts";

/**
 * One connection of `pg`, without its pool, to one server. Values come as the server writes them, as texts.
 *
 * Two answers to COMMIT are less than they seem. `ROLLBACK` is how the server answers to the COMMIT of a transaction
 * that had failed. And a primary that stops waiting for its standbys (somebody cancelled the wait) has committed on its
 * own disk only: it says so in a warning and answers COMMIT all the same.
 */
export async function openPostgres(endpoint: Endpoint, options: { readonly isolation?: string; readonly database?: string; readonly signal: AbortSignal }): Promise<SqlSession> {
  const { Client: Driver } = await import("pg");
  options.signal.throwIfAborted();
  const socket = new Socket();
  const driver = new Driver({
    host: endpoint.host,
    port: endpoint.port,
    user: "postgres",
    database: options.database ?? "postgres",
    ssl: false,
    stream: () => socket,
    ...(options.isolation === undefined ? {} : { options: `-c default_transaction_isolation=${options.isolation.replace(" ", "\\ ")}` }),
    types: { getTypeParser: () => (text: string) => text },
  });
  let open = true;
  let warning: string | undefined;
  const end = (): void => {
    open = false;
    socket.destroy();
  };
  // Without a listener an idle connection's end would end this process.
  driver.on("error", end).on("end", end);
  driver.on("notice", ({ message }) => {
    if (message?.includes("canceling wait for synchronous replication") === true || message?.includes("canceling the wait for synchronous replication") === true) warning = message;
  });
  options.signal.addEventListener("abort", end, { once: true });
  try {
    await driver.connect();
  } catch (error) {
    end();
    throw error;
  } finally {
    options.signal.removeEventListener("abort", end);
  }

  // By callback: the driver's own promise adds two more to every query.
  const ask = (text: string, values: readonly (string | number)[] = []): Promise<QueryArrayResult<Json[]>> =>
    new Promise((resolve, reject) => driver.query<Json[]>({ text, values: [...values], rowMode: "array" }, (error, result) => (error === null ? resolve(result) : reject(error))));
  return {
    isOpen: () => open,
    async run({ text, values }): Promise<Rows> {
      const result = await ask(text, values);
      return { rows: result.rows, changed: result.rowCount ?? 0 };
    },
    begin: async () => void (await ask("begin")),
    async commit() {
      warning = undefined;
      const { command } = await ask("commit");
      if (command !== "COMMIT") return { committed: "refused", said: `the server answered ${command}` };
      return warning === undefined ? { committed: "yes" } : { committed: "doubtful", said: warning };
    },
    rollback: async () => void (await ask("rollback")),
    end,
  };
}

/** The SQLSTATE of an error that the server sent; the driver's own errors have none, the system's have others. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("severity" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}
