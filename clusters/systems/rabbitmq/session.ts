import type { GetMessage } from "amqplib";
import type { Endpoint } from "../../../harness/cluster.ts";
import { Lifeline } from "../lifeline.ts";
import type { ClientSession } from "../session-client.ts";

/** One AMQP connection to one node with one channel, whose publishes are confirmed. Nothing is recovered or sent twice. */
export interface RabbitSession extends ClientSession {
  /** What the broker says of a persistent message: `returned` when it had no queue to put it into. Throws when it refuses it (the session stays open), or says nothing. */
  publish(queue: string, content: string): Promise<"confirmed" | "returned">;
  /** The next message, out until it is acknowledged or the connection ends; undefined from an empty queue. */
  get(queue: string): Promise<GetMessage | undefined>;
  /** Is not answered. */
  acknowledge(message: GetMessage): void;
  /** What was not acknowledged goes back. */
  end(): void;
}

/** RabbitMQ's own first account; `loopback_users` lets it in from elsewhere. */
export const account = { username: "guest", password: "guest" } as const;

/** After two of these without a sign of life a side takes the other for gone; the broker then puts back what was out. */
const heartbeatSeconds = 5;

export async function openRabbit(endpoint: Endpoint, signal: AbortSignal): Promise<RabbitSession> {
  const { connect } = await import("amqplib");
  const ending = new AbortController();
  const line = new Lifeline();
  const end = (error = new Error("the connection was closed")): void => {
    // The driver has no way of closing that does not wait for the broker, but gives its socket these options.
    if (line.cut(error)) ending.abort();
  };
  const abort = (): void => end(new Error("the deadline was over"));
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    const socket = { noDelay: true, signal: ending.signal };
    const model = await line.answered(connect({ hostname: endpoint.host, port: endpoint.port, ...account, heartbeat: heartbeatSeconds }, socket));
    // Without a listener the loss of an idle connection would end this process.
    model.on("error", end).on("close", end);
    const channel = await line.answered(model.createConfirmChannel());
    channel.on("error", end).on("close", () => end());
    let returned = false;
    channel.on("return", () => (returned = true));
    return {
      isOpen: () => !line.isCut,
      async publish(queue, content) {
        returned = false;
        await line.asked<void>((resolve, reject) => {
          channel.sendToQueue(queue, Buffer.from(content), { persistent: true, mandatory: true }, (error: unknown) => (error === null ? resolve() : reject(error)));
        });
        // The broker returns a message before it confirms it.
        return returned ? "returned" : "confirmed";
      },
      async get(queue) {
        const message = await line.answered(channel.get(queue, { noAck: false }));
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
