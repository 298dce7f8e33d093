import type { Client, ClientTarget, Connection } from "../../../harness/client.ts";
import { HarnessError } from "../../../harness/errors.ts";
import type { Json } from "../../../harness/json.ts";
import { failed } from "../outcomes.ts";
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
export interface StagedSession {
  /** False from the moment the connection is known to be lost, or was ended. */
  isOpen(): boolean;
  /** Ends the connection at once: what was asked and not answered fails. */
  end(): void;
}
export interface ServerAnswer {
  /** `none`: what was asked has surely not taken effect. `unknown`: it may have. */
  readonly effect: "none" | "unknown";
  /** The class that goes into the history. */
  readonly class: string;
}

export function stagedClient<Session extends StagedSession>(system: StagedSystem<Session>): Client {
  return {
    async connect(target) {
      try {
        return connectionOver(await system.open(target), system);
      } catch (cause) {
        throw new HarnessError("CLIENT_FAILED", `no connection to ${system.name} on ${target.node}`, { nextStep: "nothing, if the node is down by a fault; else read its log", cause });
      }
    },
  };
}

function connectionOver<Session extends StagedSession>(session: Session, system: StagedSystem<Session>): Connection {
  return {
    get broken() {
      return !session.isOpen();
    },
    async invoke(call, signal) {
      const access = accessOf(call, system.object);
      if (signal.aborted) return failed(call, ["not-sent", "the deadline was over"]);
      if (!session.isOpen()) return failed(call, ["not-connected", "the connection was lost before"]);
      const end = (): void => session.end();
      signal.addEventListener("abort", end, { once: true });
      let sent = false;
      try {
        return { type: "ok", value: await system.perform(session, access, () => (sent = true)) };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const answer = system.answer(error);
        const why: Json = [answer?.class ?? (signal.aborted ? "deadline" : "connection-lost"), message];
        return !sent || answer?.effect === "none" ? failed(call, why) : { type: "info", value: call.value, error: why };
      } finally {
        signal.removeEventListener("abort", end);
      }
    },
    async [Symbol.asyncDispose]() {
      session.end();
    },
  };
}
