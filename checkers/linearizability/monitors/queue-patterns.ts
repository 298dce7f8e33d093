import { contradiction, type Monitor, type MonitorAnswer } from "../monitor.ts";
import type { Part } from "../parts.ts";
import { judgeBetween, type PairedValues, pairValues, wrongEmpty } from "./paired-values.ts";
import { queueOrder } from "./queue-order.ts";

/**
 * A FIFO queue in which every value is enqueued once. Without crashed dequeues it is linearizable exactly if none of four
 * patterns occurs (Henzinger, Sezgin, Vafeiadis, 2013; Bouajjani, Emmi, Enea, Hamza, 2015):
 *
 *     fresh    a value comes out that nobody enqueued, or before its enqueue was called
 *     repeat   a value comes out twice
 *     order    a was in before b was begun, and b was out before a's dequeue was begun
 *     empty    a dequeue finds nothing while at every moment something must have been in
 *
 * A crashed enqueue counts if its value came out; for crashed dequeues see `judgeBetween`. O(operations), on event numbers.
 */
export const queuePatterns: Monitor = {
  name: "queue-patterns",
  summary: "FIFO queue, distinct values: O(n)",
  judge(part) {
    if (part.spec.behavesAs !== "queue") return undefined;
    const pairs = pairValues(part, "enqueue");
    return pairs === undefined ? undefined : judgeBetween(pairs, (leftFrom) => judge(part, pairs, leftFrom));
  },
};

function judge(part: Part, pairs: PairedValues, leftFrom: number): MonitorAnswer {
  const { events, calls, returns, classes } = part;
  const { partner, puts } = pairs;
  // The latest begin of a dequeue among what is certainly in, against the end of the dequeue of what comes in now.
  let latest = -1;
  let holder = -1;
  for (let e = 0; e < part.eventCount; e++) {
    const operation = events[e]! >> 1;
    if (puts[classes[operation]!] === 0) continue;
    const out = partner[operation]!;
    if ((events[e]! & 1) === 0) {
      if (out >= 0 && latest > returns[out]!) return contradiction(operation, out, holder, partner[holder]!);
      continue;
    }
    const until = out < 0 ? leftFrom : calls[out]!;
    if (until > latest) {
      latest = until;
      holder = operation;
    }
  }
  return wrongEmpty(part, pairs, leftFrom) ?? { linearizable: true, linearization: () => queueOrder(part, pairs) };
}
