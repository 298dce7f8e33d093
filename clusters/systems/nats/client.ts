import type { Client } from "../../../harness/client.ts";
import { canonicalJson, equalJson, type Json } from "../../../harness/json.ts";
import { type Settings, textOf } from "../../../harness/options.ts";
import { type StagedSystem, stagedClient } from "../staged/client.ts";
import { natsAnswer } from "./errors.ts";
import { ownCopy } from "./own-copy.ts";
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
 *     elements            → the whole stream, from this server's own copy          ok numbers
 *
 * A message that was stored twice is read twice. Copies of a stream may differ (decision 031c).
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
      if (access.kind === "elements") return (await session.answered(ownCopy(session))).map((text) => JSON.parse(text) as Json);
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
