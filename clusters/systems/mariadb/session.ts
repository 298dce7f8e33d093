import { connect } from "node:net";
import type { Connection, ResultSetHeader } from "mysql2/promise";
import type { Endpoint } from "../../../harness/cluster.ts";
import type { Json } from "../../../harness/json.ts";
import type { Rows, SqlSession, Statement } from "../sql/session.ts";

/** Who the harness is to every server: made at set-up. */
export const account = { user: "rashomon", password: "rashomon", database: "rashomon" } as const;

/**
 * One connection of `mysql2`, without its pool, to one server; `session` are statements that set it up. The driver
 * leaves what is asked of a connection that it closes itself unanswered for ever, so the socket's end answers for it.
 */
export async function openMariadb(endpoint: Endpoint, options: { readonly session: readonly string[]; readonly signal: AbortSignal }): Promise<SqlSession> {
  const { createConnection } = await import("mysql2/promise");
  options.signal.throwIfAborted();
  const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
  let open = true;
  const end = (): void => {
    open = false;
    socket.destroy();
  };
  /** Ends the wait for what was asked last. (A race with one promise for the socket's end would leave that promise a listener a query.) */
  let abandon: (reason: Error) => void = () => {};
  socket.on("error", (error) => abandon(error)).on("close", () => {
    open = false;
    abandon(new Error("the connection was closed"));
  });
  const unlessLost = <T>(answer: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      abandon = reject;
      answer.then(resolve, reject);
      if (!open) reject(new Error("the connection was closed"));
    });
  options.signal.addEventListener("abort", end, { once: true });
  let driver: Connection;
  try {
    const opening = createConnection({ ...account, stream: socket, rowsAsArray: true, supportBigNumbers: true, flags: ["FOUND_ROWS"] });
    driver = await unlessLost(opening);
    // Without a listener an idle connection's end would end this process.
    driver.on("error", end);
    for (const text of options.session) await unlessLost(driver.query(text));
  } catch (error) {
    end();
    throw error;
  } finally {
    options.signal.removeEventListener("abort", end);
  }

  const ask = async ({ text, values }: Statement): Promise<Rows> => {
    const [answer] = await unlessLost(driver.query({ sql: text, values: [...values] }));
    if (Array.isArray(answer)) return { rows: answer as Json[][], changed: 0 };
    return { rows: [], changed: (answer as ResultSetHeader).affectedRows };
  };
  const say = async (text: string): Promise<void> => void (await ask({ text, values: [] }));
  return {
    isOpen: () => open,
    run: ask,
    begin: () => say("start transaction"),
    async commit() {
      await say("commit");
      return { committed: "yes" };
    },
    rollback: () => say("rollback"),
    end,
  };
}

/** The number of an error that the server sent; the driver's own errors have no server's message. */
export function serverErrorNumber(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("sqlMessage" in error) || !("errno" in error)) return undefined;
  return typeof error.errno === "number" ? String(error.errno) : undefined;
}
