import type { Client } from "../../../harness/client.ts";
import type { Json } from "../../../harness/json.ts";
import type { Call, Outcome } from "../../../harness/op.ts";
import { endedBy, failed, messageOf, unknown } from "../outcomes.ts";
import { sessionClient } from "../session-client.ts";
import { knownError, type SqlSession } from "./session.ts";
import { workOf, type WorkOptions } from "./work.ts";

/**
 * A client of one SQL node that tells what it knows, by how far the operation had come when it went wrong:
 *
 *     connect ─── begin ─── statements ─── COMMIT sent ─────── answered
 *        fail      fail        fail           info                        lost connection, deadline
 *        fail      fail        fail           by the server's code        the server says no
 *
 * Until COMMIT is sent nothing of a transaction can last, whatever becomes of the connection. A single statement is its
 * own COMMIT. What changes nothing cannot have happened: a read that did not come back is a `fail` at every stage.
 */
export function sqlClient(options: WorkOptions): Client {
  return sessionClient<SqlSession>({
    database: options.dialect.database,
    open: (target) => options.dialect.open(target),
    perform: (session, call, signal) => perform(call, { session, options, signal }),
  });
}

interface Performance {
  readonly session: SqlSession;
  readonly options: WorkOptions;
  readonly signal: AbortSignal;
}
/** How far it had come: up to `before-commit` nothing can last. */
type Stage = "before-commit" | "commit";

async function perform(call: Call, performance: Performance): Promise<Outcome> {
  const { session, options } = performance;
  const work = workOf(call, options);
  let stage: Stage = work.kind === "statement" ? "commit" : "before-commit";
  try {
    if (work.kind === "statement") {
      const rows = await session.run(work.statement);
      return done(call, { value: work.result(rows), doubt: work.changes ? rows.doubt : undefined });
    }
    await session.begin();
    const value = await work.body(session);
    stage = "commit";
    const answer = await session.commit();
    return answer.committed ? done(call, { value, doubt: work.changes ? answer.doubt : undefined }) : failed(call, ["rolled-back", answer.said]);
  } catch (error) {
    if (stage === "before-commit") await rollBack(session);
    return judged(call, error, { ...performance, certain: !work.changes || stage === "before-commit" });
  }
}

/** What was committed is ok unless the server doubts that it lasts. */
function done(call: Call, { value, doubt }: { readonly value: Json; readonly doubt: string | undefined }): Outcome {
  return doubt === undefined ? { type: "ok", value } : unknown(call, ["doubtful-commit", doubt]);
}

/** Without COMMIT nothing lasts. */
function judged(call: Call, error: unknown, { options, signal, certain }: Performance & { readonly certain: boolean }): Outcome {
  const known = knownError(options.dialect, error);
  return endedBy(error, call, { answer: known, certain, signal, ...(known === undefined ? {} : { said: `${known.code} ${messageOf(error)}` }) });
}

/** So that the session can be used again; one that cannot be rolled back is ended. */
async function rollBack(session: SqlSession): Promise<void> {
  try {
    if (session.isOpen()) await session.rollback();
  } catch {
    session.end();
  }
}
