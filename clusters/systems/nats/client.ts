import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { Client } from "../../../harness/client.ts";
import { canonicalJson, equalJson, type Json } from "../../../harness/json.ts";
import { type Settings, textOf } from "../../../harness/options.ts";
import { type StagedSystem, stagedClient } from "../staged/client.ts";
import { natsAnswer } from "./errors.ts";
import { elementsStream, type NatsSession, openNats } from "./session.ts";

/**
 * Client of one NATS server. Registers and keys are entries of a bucket, with JSON texts as values; a set's elements are
 * the messages of a stream.
 *
 *     get                 → get of the bucket                                      ok value
 *     put                 → put                                                    ok
 *     compare-and-set     → get, then put on the condition of the revision seen    ok true, or ok false when the value was another;
 *                                                                                  fail when the revision was another by then
 *     add                 → publish, acknowledged                                  ok
 *     elements            → a consumer of the whole stream                         ok numbers
 *
 * A message that was stored twice is read twice. The cluster chooses on which of the stream's replicas a consumer reads,
 * whichever server it is asked through: what comes is that replica's copy, and copies may differ (decision 031c).
 */
export function natsClient(settings: Settings, object: string): Client {
  const directGets = textOf(settings, "reads") === "direct";
  const system: StagedSystem<NatsSession> = {
    name: "NATS",
    object,
    open: ({ endpoint, signal }) => openNats(endpoint, { directGets, signal }),
    answer: natsAnswer,
    async perform(session, access, sending) {
      const { bucket, stream } = session;
      if (access.kind === "elements") return await session.answered(elements(session));
      if (access.kind === "add") {
        sending();
        await session.answered(stream.publish(elementsStream, canonicalJson(access.value)));
        return access.value;
      }
      if (access.kind === "put") {
        sending();
        await session.answered(bucket.put(access.key, canonicalJson(access.value)));
        return access.value;
      }
      const entry = await session.answered(bucket.get(access.key));
      const value: Json = entry === null ? null : (JSON.parse(entry.string()) as Json);
      if (access.kind === "get") return value;
      if (!equalJson(value, access.from)) return false;
      sending();
      // The revision of a key that was never put is 0.
      await session.answered(bucket.put(access.key, canonicalJson(access.to), { previousSeq: entry?.revision ?? 0 }));
      return true;
    },
  };
  return stagedClient(system);
}

/** How long the cluster keeps a consumer that nobody asks. */
const consumerMsMax = 30_000;
/** How long a server may wait for messages that it says are there. */
const fetchMsMax = 10_000;

/** All messages that the stream had when it was asked. */
async function elements({ manager, stream }: NatsSession): Promise<Json> {
  const made = await manager.consumers.add(elementsStream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(consumerMsMax),
  });
  const seen: Json[] = [];
  if (made.num_pending === 0) return seen;
  const consumer = await stream.consumers.get(elementsStream, made.name);
  for await (const message of await consumer.fetch({ max_messages: made.num_pending, expires: fetchMsMax })) seen.push(JSON.parse(message.string()) as Json);
  if (seen.length < made.num_pending) throw new Error(`only ${seen.length} of ${made.num_pending} messages came`);
  return seen;
}
