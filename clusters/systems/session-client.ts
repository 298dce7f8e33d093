import type { Client, ClientTarget, Connection } from "../../harness/client.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { Call, Outcome } from "../../harness/op.ts";
import { failed } from "./outcomes.ts";

/**
 * A client over sessions: a session is one connection to one server, which is over when it is lost, and is ended when a
 * call's deadline is. Which call fails before anything was sent is the same for all of them:
 *
 *     connect ─── call ─────────────────────────── perform
 *      fails      fail: deadline over, or lost      what the database's client says
 *                 before
 */
export interface SessionClient<Session extends ClientSession> {
  /** As its vendor writes it. */
  readonly database: string;
  /** Opens a connection to that node and to no other, one that does nothing by itself. */
  open(target: ClientTarget): Promise<Session>;
  /** Does a call, one at a time, on a session that was open; the session ends when the signal aborts. */
  perform(session: Session, call: Call, signal: AbortSignal): Promise<Outcome>;
}
export interface ClientSession {
  /** False from the moment the connection is known to be lost, or was ended. */
  isOpen(): boolean;
  /** Ends the connection at once: what was asked and not answered fails. */
  end(): void;
}

export function sessionClient<Session extends ClientSession>(client: SessionClient<Session>): Client {
  return {
    async connect(target) {
      try {
        return new SessionConnection(await client.open(target), client);
      } catch (cause) {
        throw new HarnessError("CLIENT_FAILED", `no connection to ${client.database} on ${target.node}`, { nextStep: "nothing, if the node is down by a fault; else read its log", cause });
      }
    },
  };
}

class SessionConnection<Session extends ClientSession> implements Connection {
  readonly #session: Session;
  readonly #client: SessionClient<Session>;
  /** The signal that is listened to. The runner gives the same one to many calls: it is listened to once. */
  #heard: AbortSignal | undefined;
  #performing = false;

  constructor(session: Session, client: SessionClient<Session>) {
    this.#session = session;
    this.#client = client;
  }

  get broken(): boolean {
    return !this.#session.isOpen();
  }

  async invoke(call: Call, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted) return failed(call, ["not-sent", "the deadline was over"]);
    if (!this.#session.isOpen()) return failed(call, ["not-connected", "the connection was lost before"]);
    this.#listenTo(signal);
    this.#performing = true;
    try {
      return await this.#client.perform(this.#session, call, signal);
    } finally {
      this.#performing = false;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#heard?.removeEventListener("abort", this.#onAbort);
    this.#session.end();
    return Promise.resolve();
  }

  #listenTo(signal: AbortSignal): void {
    if (signal === this.#heard) return;
    this.#heard?.removeEventListener("abort", this.#onAbort);
    this.#heard = signal;
    signal.addEventListener("abort", this.#onAbort);
  }

  /** A deadline of a call that was answered in time ends nothing. */
  readonly #onAbort = (): void => {
    if (this.#performing) this.#session.end();
  };
}
