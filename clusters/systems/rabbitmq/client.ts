import type { Client, Connection } from "../../../harness/client.ts";
import { HarnessError } from "../../../harness/errors.ts";
import { canonicalJson, type Json } from "../../../harness/json.ts";
import type { Call, Outcome } from "../../../harness/op.ts";
import { failed, unknown } from "../outcomes.ts";
import { openRabbit, type RabbitSession } from "./session.ts";

export const queueName = "work";

/**
 * A client of one RabbitMQ node that publishes with confirms, and takes messages one by one and acknowledges them.
 *
 *     enqueue   connect ─── publish sent ─── confirmed: ok      refused or not answered: info      returned, having no queue: fail
 *     dequeue   connect ─── get sent ─── message or empty: ok ─── acknowledgement sent              not answered: fail
 *
 * A message that was not acknowledged goes back to the queue, so a dequeue without an answer has taken nothing. An
 * acknowledgement has no answer: should it be lost, the message comes again.
 */
export function rabbitClient(): Client {
  return {
    async connect({ node, endpoint, signal }) {
      let session: RabbitSession;
      try {
        session = await openRabbit(endpoint, signal);
      } catch (cause) {
        throw new HarnessError("CLIENT_FAILED", `no connection to RabbitMQ on ${node}`, { nextStep: "nothing, if the node is down by a fault; else read its log", cause });
      }
      return connectionOver(session);
    },
  };
}

function connectionOver(session: RabbitSession): Connection {
  return {
    get broken() {
      return !session.isOpen();
    },
    async invoke(call, signal) {
      if (call.f !== "enqueue" && call.f !== "dequeue") {
        throw new HarnessError("CLIENT_FAILED", `rabbitmq's client cannot do ${call.f} ${JSON.stringify(call.value)}`, { nextStep: "choose a workload that `rashomon list systems` names for rabbitmq" });
      }
      if (signal.aborted) return failed(call, ["not-sent", "the deadline was over"]);
      if (!session.isOpen()) return failed(call, ["not-connected", "the connection was lost before"]);
      const end = (): void => session.end();
      signal.addEventListener("abort", end, { once: true });
      try {
        return await (call.f === "enqueue" ? enqueue(call, session) : dequeue(session));
      } catch (error) {
        // A broker that refuses a message could not keep it everywhere; it may have kept it somewhere.
        const why: Json = [signal.aborted ? "deadline" : session.isOpen() ? "refused" : "connection-lost", error instanceof Error ? error.message : String(error)];
        return call.f === "enqueue" ? unknown(call, why) : failed(call, why);
      } finally {
        signal.removeEventListener("abort", end);
      }
    },
    async [Symbol.asyncDispose]() {
      session.end();
    },
  };
}

async function enqueue(call: Call, session: RabbitSession): Promise<Outcome> {
  if ((await session.publish(queueName, canonicalJson(call.value))) === "confirmed") return { type: "ok", value: call.value };
  return failed(call, ["returned", "there was no queue for it"]);
}

async function dequeue(session: RabbitSession): Promise<Outcome> {
  const message = await session.get(queueName);
  if (message === undefined) return { type: "ok", value: null };
  if (session.isOpen()) session.acknowledge(message);
  return { type: "ok", value: JSON.parse(message.content.toString("utf8")) as Json };
}
