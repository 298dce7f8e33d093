import { connect } from "amqplib";
import { queueName } from "../../rabbitmq/client.ts";
import { account } from "../../rabbitmq/session.ts";
import type { BareDriver } from "../bare-driver.ts";

/** `amqplib` with one confirm channel: a put is a confirmed publish, a get takes a message and acknowledges it. */
export const bareRabbit: BareDriver = async ({ host, port }) => {
  const model = await connect({ hostname: host, port, ...account }, { noDelay: true });
  const channel = await model.createConfirmChannel();
  return {
    async get() {
      const message = await channel.get(queueName, { noAck: false });
      if (message !== false) channel.ack(message);
      return message;
    },
    put: (_key, value) =>
      new Promise<void>((resolve, reject) => {
        channel.sendToQueue(queueName, Buffer.from(String(value)), { persistent: true, mandatory: true }, (error: unknown) => (error === null ? resolve() : reject(new Error(String(error)))));
      }),
    close: () => void model.close(),
  };
};
