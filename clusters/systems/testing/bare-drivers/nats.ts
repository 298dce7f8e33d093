import { jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { bucketName } from "../../nats/session.ts";
import type { BareDriver } from "../bare-driver.ts";

/** The driver's own key-value bucket, read from the stream's leader as the client does. */
export const bareNats: BareDriver = async ({ host, port }) => {
  const connection = await connect({ servers: `${host}:${port}`, reconnect: false, ignoreClusterUpdates: true });
  const bucket = await new Kvm(jetstream(connection)).open(bucketName, { allow_direct: false });
  return { get: (key) => bucket.get(key), put: (key, value) => bucket.put(key, String(value)), close: () => void connection.close() };
};
