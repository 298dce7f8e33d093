import { jetstream, type JetStreamClient, jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { Endpoint } from "../../../harness/cluster.ts";
import { Lifeline } from "../lifeline.ts";
import type { StagedSession } from "../staged/client.ts";

/**
 * One connection to one NATS server: no reconnect, no other servers, and no timer of the driver's own that would give
 * up an operation before its deadline does.
 */
export interface NatsSession extends StagedSession {
  readonly stream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly bucket: KV;
  /** The name of the server that is asked. */
  readonly server: string;
  /** The same answer, or a rejection as soon as the connection is over: the driver leaves some requests unanswered then. */
  answered<T>(work: Promise<T>): Promise<T>;
}

/** The stream of a set's elements, with the subject of the same name. */
export const elementsStream = "elements";
/** The bucket of registers and keys; its stream is `KV_keys`. */
export const bucketName = "keys";
/** Longer than any operation. */
const driverMsMax = 600_000;
/** For the connection to come about; the operation's own deadline is shorter. */
const connectMsMax = 20_000;

/** `directGets`: the bucket is read from any replica in place of the stream's leader. */
export async function openNats(endpoint: Endpoint, options: { readonly directGets: boolean; readonly signal: AbortSignal }): Promise<NatsSession> {
  options.signal.throwIfAborted();
  const connecting = connect({ servers: `${endpoint.host}:${endpoint.port}`, reconnect: false, ignoreClusterUpdates: true, timeout: connectMsMax });
  const connection = await abandonedAt(options.signal, connecting);
  const line = new Lifeline();
  void connection.closed().then((error) => line.cut(error ?? new Error("the connection was closed")));
  const end = (): void => {
    line.cut(new Error("the connection was ended here"));
    void connection.close().catch(() => {});
  };
  const stream = jetstream(connection, { timeout: driverMsMax });
  return {
    isOpen: () => !line.isCut,
    end,
    stream,
    manager: await jetstreamManager(connection, { timeout: driverMsMax, checkAPI: false }),
    server: connection.info?.server_name ?? "",
    bucket: await new Kvm(stream).open(bucketName, { allow_direct: options.directGets }),
    answered: (work) => line.answered(work),
  };
}

/** What comes after the signal has aborted is closed unused. */
async function abandonedAt(signal: AbortSignal, connecting: Promise<NatsConnection>): Promise<NatsConnection> {
  let onAbort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(signal.reason as Error);
      connecting.then((late) => late.close()).catch(() => {});
    };
  });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([connecting, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
