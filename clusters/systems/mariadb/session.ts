import { connect } from "node:net";
import type { ResultSetHeader, RowDataPacket } from "mysql2";
import type { Endpoint } from "../../../harness/cluster.ts";
import type { Json } from "../../../harness/json.ts";
import { Lifeline } from "../lifeline.ts";
import type { Rows, SqlSession, Statement } from "../sql/session.ts";

/** Who the harness is to every server: made at set-up. */
export const account = { user: "rashomon", password: "rashomon", database: "rashomon" } as const;

/**
 * One connection of `mysql2`, without its pool, to one server; `session` are statements that set it up. The driver
 * leaves what is asked of a connection that it closes itself unanswered for ever, so the socket's end answers for it.
 * Its callbacks, not its promises: those take the stack of every query's caller.
 */
export async function openMariadb(endpoint: Endpoint, options: { readonly session: readonly string[]; readonly signal: AbortSignal }): Promise<SqlSession> {
  const { createConnection } = await import("mysql2");
  options.signal.throwIfAborted();
  const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
  const line = new Lifeline();
  let open = true;
  const end = (): void => {
    open = false;
    socket.destroy();
  };
  socket.on("error", (error) => line.cut(error)).on("close", () => {
    open = false;
    line.cut(new Error("the connection was closed"));
  });
  const driver = createConnection({ ...account, stream: socket, rowsAsArray: true, supportBigNumbers: true, flags: ["FOUND_ROWS"] });
  const ask = ({ text, values }: Statement): Promise<Rows> =>
    line.asked((resolve, reject) => {
      driver.query<RowDataPacket[][] | ResultSetHeader>({ sql: text, values: [...values] }, (error, answer) => {
        if (error !== null) reject(error);
        else if (Array.isArray(answer)) resolve({ rows: answer as unknown as Json[][], changed: 0 });
        else resolve({ rows: [], changed: answer.affectedRows });
      });
    });
  const say = async (text: string): Promise<void> => void (await ask({ text, values: [] }));
  options.signal.addEventListener("abort", end, { once: true });
  try {
    await line.asked<void>((resolve, reject) => {
      // Without a listener for errors an idle connection's end would end this process.
      driver.on("connect", () => resolve()).on("error", (error) => {
        end();
        reject(error);
      });
    });
    for (const text of options.session) await say(text);
  } catch (error) {
    end();
    throw error;
  } finally {
    options.signal.removeEventListener("abort", end);
  }
  return {
    isOpen: () => open,
    run: ask,
    begin: () => say("start transaction"),
    async commit() {
      await say("commit");
      return { committed: true };
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
