import { AckPolicy, type ConsumerInfo, DeliverPolicy } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { elementsStream, type NatsSession } from "./session.ts";

/**
 * All messages of the elements' stream, as texts, as the copy on the asked server has them. NATS reads a stream by a
 * consumer, and puts it on one of the stream's servers by lot, whichever server is asked:
 *
 *     n1 asked ─── consumer on n3 ─── delete ─── consumer on n1 ─── its messages
 *
 * A server that has no copy of the stream reads whichever it gets. Messages that come later are not waited for.
 */
export async function ownCopy(session: NatsSession): Promise<readonly string[]> {
  const made = await consumerHere(session);
  const seen: string[] = [];
  if (made.num_pending === 0) return seen;
  const consumer = await session.stream.consumers.get(elementsStream, made.name);
  for await (const message of await consumer.fetch({ max_messages: made.num_pending, expires: fetchMsMax })) seen.push(message.string());
  if (seen.length < made.num_pending) throw new Error(`only ${seen.length} of ${made.num_pending} messages came`);
  return seen;
}

/** How long the cluster keeps a consumer that nobody asks. */
const consumerMsMax = 30_000;
/** How long a server may wait for messages that it says are there. */
const fetchMsMax = 10_000;
/** Lots that are drawn at most: of five servers a certain one is missed by all in one of 500,000 reads. */
const lotsMax = 60;

async function consumerHere({ manager, server }: NatsSession): Promise<ConsumerInfo> {
  let copies: readonly string[] | undefined;
  for (let lot = 1; lot <= lotsMax; lot++) {
    const made = await manager.consumers.add(elementsStream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.All,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(consumerMsMax),
    });
    // A server alone names no leaders.
    if (made.cluster === undefined || made.cluster.leader === server) return made;
    copies ??= await serversWithCopy(manager);
    if (!copies.includes(server)) return made;
    await manager.consumers.delete(elementsStream, made.name);
  }
  throw new Error(`none of ${lotsMax} consumers was put on ${server}`);
}

async function serversWithCopy(manager: NatsSession["manager"]): Promise<readonly string[]> {
  const { cluster } = await manager.streams.info(elementsStream);
  return [cluster?.leader ?? [], (cluster?.replicas ?? []).map(({ name }) => name)].flat();
}
