import { Socket } from "node:net";
import type { QueryArrayResult } from "pg";
import type { ClientTarget } from "../../../harness/client.ts";
import type { Json } from "../../../harness/json.ts";
import type { Rows, SqlSession } from "../sql/session.ts";

/** What a client's connections have in common. */
export interface PostgresConnections {
  /** Server parameters that a connection of that client thread sets for itself. */
  readonly parameters?: (thread: number) => { readonly [name: string]: string };
  /** Statements and commits that take longer are asked to be cancelled; 0, the default: none. See `cancelling`. */
  readonly cancelAfterMs?: number;
  /** What becomes of a commit whose wait for its standbys was cancelled; default `doubted`. */
  readonly cancelledWaits?: "doubted" | "trusted";
  /** As libpq's `target_session_attrs`: a connection to a standby is given up again; default `any`. */
  readonly servers?: "any" | "primary";
}

/**
 * One connection of `pg`, without its pool, to one server. Values come as the server writes them, as texts.
 *
 * Two answers to COMMIT are less than they seem. `ROLLBACK` is how the server answers to the COMMIT of a transaction
 * that had failed. And a primary that stops waiting for its standbys (somebody cancelled the wait) has committed on its
 * own disk only: it says so in a warning and answers COMMIT all the same. A statement outside a transaction is its own
 * COMMIT, warning included.
 */
export async function openPostgres({ endpoint, thread = 0, signal }: Pick<ClientTarget, "endpoint" | "signal"> & { readonly thread?: number }, connections: PostgresConnections = {}): Promise<SqlSession> {
  const { Client: Driver } = await import("pg");
  signal.throwIfAborted();
  const socket = new Socket();
  const driver = new Driver({
    host: endpoint.host,
    port: endpoint.port,
    user: "postgres",
    database: "postgres",
    ssl: false,
    stream: () => socket,
    options: startOptions(connections.parameters?.(thread) ?? {}),
    types: { getTypeParser: () => (text: string) => text },
  });
  let open = true;
  let doubt: string | undefined;
  const end = (): void => {
    open = false;
    socket.destroy();
  };
  // Without a listener an idle connection's end would end this process.
  driver.on("error", end).on("end", end);
  if (connections.cancelledWaits !== "trusted") {
    driver.on("notice", ({ message }) => {
      if (message !== undefined && /cancell?ing (the )?wait for synchronous replication/.test(message)) doubt = message;
    });
  }
  // By callback: the driver's own promise adds two more to every query.
  const ask = (text: string, values: readonly (string | number)[] = []): Promise<QueryArrayResult<Json[]>> =>
    new Promise((resolve, reject) => driver.query<Json[]>({ text, values: [...values], rowMode: "array" }, (error, result) => (error === null ? resolve(result) : reject(error))));
  const doubted = (): { readonly doubt?: string } => {
    if (doubt === undefined) return {};
    const said = { doubt };
    doubt = undefined;
    return said;
  };
  signal.addEventListener("abort", end, { once: true });
  try {
    await driver.connect();
    if (connections.servers === "primary" && (await ask("select pg_is_in_recovery()")).rows[0]?.[0] !== "f") throw new Error("the server is a standby");
  } catch (error) {
    end();
    throw error;
  } finally {
    signal.removeEventListener("abort", end);
  }

  return {
    isOpen: () => open,
    async run({ text, values }): Promise<Rows> {
      const result = await ask(text, values);
      return { rows: result.rows, changed: result.rowCount ?? 0, ...doubted() };
    },
    begin: async () => void (await ask("begin")),
    async commit() {
      const { command } = await ask("commit");
      return command === "COMMIT" ? { committed: true, ...doubted() } : { committed: false, said: `the server answered ${command}` };
    },
    rollback: async () => void (await ask("rollback")),
    end,
  };
}

/** For the start of a connection: `-c name=value …`; spaces within a value are escaped. */
function startOptions(parameters: { readonly [name: string]: string }): string {
  return Object.entries(parameters).map(([name, value]) => `-c ${name}=${value.replaceAll(" ", "\\ ")}`).join(" ");
}

/** The SQLSTATE of an error that the server sent; the driver's own errors have none, the system's have others. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("severity" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}
