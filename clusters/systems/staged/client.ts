import type { Client, ClientTarget } from "../../../harness/client.ts";
import type { Json } from "../../../harness/json.ts";
import type { Outcome } from "../../../harness/op.ts";
import { endedBy, type ServerAnswer } from "../outcomes.ts";
import { type ClientSession, sessionClient } from "../session-client.ts";
import { type Access, accessOf } from "./access.ts";

/**
 * A client of one node that tells what it knows by how far an access had come when it went wrong:
 *
 *     connect ─── looks ─── change sent ─── answered
 *       fail       fail        info                     lost connection, deadline
 *       fail       fail        by the server's answer   the server says no
 *
 * Until something is sent that may have an effect, nothing has happened, whatever becomes of the connection. So an
 * access that only reads is a `fail` whenever it did not come back.
 */
export interface StagedSystem<Session extends StagedSession> {
  /** As its vendor writes it. */
  readonly name: string;
  /** The workload's object. */
  readonly object: string;
  /** Opens a connection to that node and to no other, one that does nothing by itself. */
  open(target: ClientTarget): Promise<Session>;
  /** Does it, and resolves to what the object returned; `sending` is called right before anything is sent that may have an effect. */
  perform(session: Session, access: Access, sending: () => void): Promise<Json>;
  /** What an error means, if the server said it; undefined when it did not. */
  answer(error: unknown): ServerAnswer | undefined;
}
export type StagedSession = ClientSession;

export function stagedClient<Session extends StagedSession>(system: StagedSystem<Session>): Client {
  return sessionClient<Session>({
    database: system.name,
    open: (target) => system.open(target),
    perform(session, call, signal) {
      let sent = false;
      return system.perform(session, accessOf(call, system.object), () => (sent = true)).then(
        (value): Outcome => ({ type: "ok", value }),
        (error: unknown) => endedBy(error, call, { answer: system.answer(error), certain: !sent, signal }),
      );
    },
  });
}
