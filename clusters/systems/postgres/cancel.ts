import type { ClientTarget } from "../../../harness/client.ts";
import { after, deadlineSignal } from "../../../harness/time.ts";
import type { SqlSession } from "../sql/session.ts";
import { openPostgres } from "./session.ts";

/** Longest try to cancel; a healthy server takes milliseconds. */
const cancelMsMax = 1_000;

/**
 * A session whose user does not wait for ever: a statement, or a COMMIT, that was not answered after `afterMs` is asked
 * to be cancelled, over a connection of its own, as query timeouts of drivers and an interrupted `psql` do. What is still
 * at work then fails; a COMMIT that only waits for a standby has taken effect, and is answered with a warning.
 * (The server's own `statement_timeout` is over before a COMMIT waits.)
 */
export async function cancelling(session: SqlSession, { afterMs, endpoint }: { readonly afterMs: number } & Pick<ClientTarget, "endpoint">): Promise<SqlSession> {
  const pid = Number((await session.run({ text: "select pg_backend_pid()", values: [] })).rows[0]?.[0]);
  const limited = async <T>(work: Promise<T>): Promise<T> => {
    const timer = after(afterMs, () => void cancel(endpoint, pid));
    try {
      return await work;
    } finally {
      timer.cancel();
    }
  };
  return { ...session, run: (statement) => limited(session.run(statement)), commit: () => limited(session.commit()) };
}

/** Nobody is told whether it came in time, as with the protocol's own cancel request. */
async function cancel(endpoint: ClientTarget["endpoint"], pid: number): Promise<void> {
  try {
    const session = await openPostgres({ endpoint, signal: deadlineSignal(cancelMsMax) });
    await session.run({ text: "select pg_cancel_backend($1)", values: [pid] });
    session.end();
  } catch {
    // The server cannot be reached: the statement's own deadline ends it.
  }
}
