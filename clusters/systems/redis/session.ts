import { ErrorReply } from "@redis/client/dist/lib/errors.js";
import type { Endpoint } from "../../../harness/cluster.ts";
import type { Json } from "../../../harness/json.ts";
import { Lifeline } from "../lifeline.ts";
import type { ClientSession } from "../session-client.ts";

/** One connection to one Redis or Sentinel: nothing is queued while it is not there, asked twice, or sent elsewhere. */
export interface RedisSession extends ClientSession {
  /** One command; throws what the server refuses (`serverError` reads it), or that the connection is over. */
  ask(command: Command): Promise<Json>;
  /** Commands that nothing comes between, sent as one (`MULTI … EXEC`); the replies in order. */
  askTogether(commands: readonly Command[]): Promise<readonly Json[]>;
}
export type Command = readonly string[];

/** Resolves when the server has answered a `PING`: whoever publishes its port may accept a connection that leads nowhere. */
export async function openRedis(endpoint: Endpoint, signal: AbortSignal): Promise<RedisSession> {
  const { createClient } = await import("@redis/client");
  const client = createClient({
    socket: { host: endpoint.host, port: endpoint.port, reconnectStrategy: false, noDelay: true },
    RESP: 2,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled",
    // Its own would give up a command that the socket did not take in 5 s; ours is the operation's deadline.
    commandOptions: { timeout: 0 },
  });
  const line = new Lifeline();
  const end = (error = new Error("the connection was closed")): void => {
    // A client that has already given up does not want to be ended.
    if (line.cut(error) && client.isOpen) client.destroy();
  };
  client.on("error", end).on("end", () => end());
  const abort = (): void => end(new Error("the deadline was over"));
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    await line.answered(client.connect());
    await line.answered(client.sendCommand(["PING"]));
  } catch (error) {
    end();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
  return {
    isOpen: () => !line.isCut,
    ask: (command) => line.answered(client.sendCommand<Json>(command)),
    askTogether(commands) {
      const multi = client.multi();
      for (const command of commands) multi.addCommand([...command]);
      return line.answered(multi.execTyped() as unknown as Promise<Json[]>);
    },
    end,
  };
}

/** What the server itself said, `READONLY You can't …`; undefined when the error is the connection's. */
export function serverError(error: unknown): string | undefined {
  return error instanceof ErrorReply ? error.message : undefined;
}
