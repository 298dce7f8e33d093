import type { Client } from "../../../harness/client.ts";
import { HarnessError } from "../../../harness/errors.ts";
import { canonicalJson, type Json } from "../../../harness/json.ts";
import type { Call, Outcome } from "../../../harness/op.ts";
import { failed, lost, messageOf, unknown } from "../outcomes.ts";
import { sessionClient } from "../session-client.ts";
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
  return sessionClient<RabbitSession>({
    database: "RabbitMQ",
    open: ({ endpoint, signal }) => openRabbit(endpoint, signal),
    async perform(session, call, signal) {
      if (call.f !== "enqueue" && call.f !== "dequeue") {
        throw new HarnessError("CLIENT_FAILED", `rabbitmq's client cannot do ${call.f} ${JSON.stringify(call.value)}`, { nextStep: "choose a workload that `rashomon list systems` names for rabbitmq" });
      }
      try {
        return await (call.f === "enqueue" ? enqueue(call, session) : dequeue(session));
      } catch (error) {
        // A broker that refuses a message could not keep it everywhere; it may have kept it somewhere.
        const why: Json = session.isOpen() && !signal.aborted ? ["refused", messageOf(error)] : lost(error, signal);
        return call.f === "enqueue" ? unknown(call, why) : failed(call, why);
      }
    },
  });
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
