import type { GetMessage } from "amqplib";
import type { Endpoint } from "../../../harness/cluster.ts";

/** One AMQP connection to one node with one channel, whose publishes are confirmed. Nothing is recovered or sent twice. */
export interface RabbitSession {
  /** False from the moment connection or channel is known to be lost, or was ended. */
  isOpen(): boolean;
  /** What the broker says of a persistent message: `returned` when it had no queue to put it into. Throws when it refuses it (the session stays open), or says nothing. */
  publish(queue: string, content: string): Promise<"confirmed" | "returned">;
  /** The next message, out until it is acknowledged or the connection ends; undefined from an empty queue. */
  get(queue: string): Promise<GetMessage | undefined>;
  /** Is not answered. */
  acknowledge(message: GetMessage): void;
  /** At once: what was asked and not answered fails, what was not acknowledged goes back. */
  end(): void;
}

/** RabbitMQ's own first account; `loopback_users` lets it in from elsewhere. */
export const account = { username: "guest", password: "guest" } as const;

/** After two of these without a sign of life a side takes the other for gone; the broker then puts back what was out. */
const heartbeatSeconds = 5;

export async function openRabbit(endpoint: Endpoint, signal: AbortSignal): Promise<RabbitSession> {
  const { connect } = await import("amqplib");
  const ending = new AbortController();
  let open = true;
  let loseIt: (error: Error) => void = () => {};
  const lost = new Promise<never>((_, reject) => (loseIt = reject));
  lost.catch(() => {});
  const end = (error = new Error("the connection was closed")): void => {
    if (!open) return;
    open = false;
    loseIt(error);
    // The driver has no way of closing that does not wait for the broker, but gives its socket these options.
    ending.abort();
  };
  const asked = <T>(answer: Promise<T>): Promise<T> => {
    answer.catch(() => {});
    return Promise.race([answer, lost]);
  };
  const abort = (): void => end(new Error("the deadline was over"));
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    const socket = { noDelay: true, signal: ending.signal };
    const model = await asked(connect({ hostname: endpoint.host, port: endpoint.port, ...account, heartbeat: heartbeatSeconds }, socket));
    // Without a listener the loss of an idle connection would end this process.
    model.on("error", end).on("close", end);
    const channel = await asked(model.createConfirmChannel());
    channel.on("error", end).on("close", () => end());
    let returned = false;
    channel.on("return", () => (returned = true));
    return {
      isOpen: () => open,
      async publish(queue, content) {
        returned = false;
        await asked(
          new Promise<void>((resolve, reject) => channel.sendToQueue(queue, Buffer.from(content), { persistent: true, mandatory: true }, (error: unknown) => (error === null ? resolve() : reject(asError(error))))),
        );
        // The broker returns a message before it confirms it.
        return returned ? "returned" : "confirmed";
      },
      async get(queue) {
        const message = await asked(channel.get(queue, { noAck: false }));
        return message === false ? undefined : message;
      },
      acknowledge: (message) => channel.ack(message),
      end,
    };
  } catch (error) {
    end();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
