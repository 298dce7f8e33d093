import { canonicalJson, type Json } from "../../../harness/json.ts";
import { contradiction, LINEARIZABLE, type Monitor, type MonitorAnswer } from "../monitor.ts";
import { NEVER, type Part } from "../parts.ts";

/**
 * A FIFO queue in which every value is enqueued once and no dequeue crashed. It is linearizable exactly if none of four
 * patterns occurs (Henzinger, Sezgin, Vafeiadis, 2013; Bouajjani, Emmi, Enea, Hamza, 2015):
 *
 *     fresh    a value comes out that nobody enqueued, or before its enqueue was called
 *     repeat   a value comes out twice
 *     order    a was in before b was begun, and b was out before a's dequeue was begun
 *     empty    a dequeue finds nothing while at every moment something must have been in
 *
 * A crashed enqueue counts if its value came out. O(operations), on event numbers.
 */
export const queuePatterns: Monitor = {
  name: "queue-patterns",
  summary: "FIFO queue, distinct values, no crashed dequeue: O(n)",
  judge(part) {
    if (part.spec.behavesAs !== "queue") return undefined;
    const pairs = pairsOf(part);
    return pairs === undefined ? undefined : judgePairs(part, pairs);
  },
};

interface Pairs {
  /** By enqueue: its dequeue; -1 none. By dequeue: its enqueue. -2: the dequeue found nothing. */
  readonly partner: Int32Array;
  readonly wrong: MonitorAnswer | undefined;
}

function pairsOf(part: Part): Pairs | undefined {
  const { classes, classTable, calls, returns } = part;
  const ids = new Map<Json, number>();
  const valueOf = new Int32Array(classTable.length).fill(-1);
  const enqueues = new Uint8Array(classTable.length);
  const identity = (value: Json): Json => (typeof value === "object" && value !== null ? `\u0000${canonicalJson(value)}` : value);
  for (let id = 0; id < classTable.length; id++) {
    const { call, recorded } = classTable[id]!;
    enqueues[id] = call.f === "enqueue" ? 1 : 0;
    const value = call.f === "enqueue" ? call.value : (recorded ?? null);
    if (value === null) continue;
    const key = identity(value);
    let number = ids.get(key);
    if (number === undefined) ids.set(key, (number = ids.size));
    valueOf[id] = number;
  }
  const enqueue = new Int32Array(ids.size).fill(-1);
  const partner = new Int32Array(part.count).fill(-1);
  for (let i = 0; i < part.count; i++) {
    const id = classes[i]!;
    if (enqueues[id] === 0) {
      if (returns[i] === NEVER) return undefined;
      continue;
    }
    if (enqueue[valueOf[id]!] !== -1) return undefined;
    enqueue[valueOf[id]!] = i;
  }
  let wrong: MonitorAnswer | undefined;
  for (let i = 0; i < part.count && wrong === undefined; i++) {
    const id = classes[i]!;
    if (enqueues[id] === 1) continue;
    if (valueOf[id] === -1) {
      partner[i] = -2;
      continue;
    }
    const source = enqueue[valueOf[id]!]!;
    if (source < 0) wrong = contradiction(i);
    else if (returns[i]! < calls[source]!) wrong = contradiction(i, source);
    else if (partner[source] !== -1) wrong = contradiction(partner[source]!, i);
    else {
      partner[i] = source;
      partner[source] = i;
    }
  }
  return { partner, wrong };
}

function judgePairs(part: Part, { partner, wrong }: Pairs): MonitorAnswer {
  if (wrong !== undefined) return wrong;
  const { events, calls, returns, classes, classTable } = part;
  const isEnqueue = new Uint8Array(classTable.length);
  for (let id = 0; id < isEnqueue.length; id++) isEnqueue[id] = classTable[id]!.call.f === "enqueue" ? 1 : 0;
  const outCall = (enqueue: number): number => (partner[enqueue]! < 0 ? NEVER : calls[partner[enqueue]!]!);

  // Order: the latest begin of a dequeue among what is certainly in, against the end of the dequeue of what comes in now.
  let latest = -1;
  let holder = -1;
  // Spans in which something is certainly in, merged: from an enqueue's return to the begin of its dequeue.
  const starts: number[] = [];
  const ends: number[] = [];
  for (let e = 0; e < part.eventCount; e++) {
    const operation = events[e]! >> 1;
    if (isEnqueue[classes[operation]!] === 0) continue;
    const out = partner[operation]!;
    if ((events[e]! & 1) === 0) {
      if (out >= 0 && latest > returns[out]!) return contradiction(operation, out, holder, partner[holder]!);
      continue;
    }
    const until = outCall(operation);
    if (until > latest) {
      latest = until;
      holder = operation;
    }
    if (until < e) continue;
    if (starts.length > 0 && e < ends[ends.length - 1]!) ends[ends.length - 1] = Math.max(ends[ends.length - 1]!, until);
    else {
      starts.push(e);
      ends.push(until);
    }
  }
  let span = 0;
  for (let e = 0; e < part.eventCount; e++) {
    const operation = events[e]! >> 1;
    if ((events[e]! & 1) === 1 || partner[operation] !== -2) continue;
    while (span < starts.length && ends[span]! < e) span++;
    if (span < starts.length && starts[span]! < e && returns[operation]! < ends[span]!) {
      return contradiction(operation, ...covering(part, { partner, isEnqueue, from: e, to: returns[operation]! }));
    }
  }
  return LINEARIZABLE;
}

/** The enqueues and dequeues whose values are certainly in at some moment between the two events. */
function covering(part: Part, span: { partner: Int32Array; isEnqueue: Uint8Array; from: number; to: number }): number[] {
  const found: number[] = [];
  for (let i = 0; i < part.count; i++) {
    if (span.isEnqueue[part.classes[i]!] === 0 || part.returns[i]! > span.to) continue;
    const out = span.partner[i]!;
    if (out < 0 || part.calls[out]! > span.from) found.push(i, out);
  }
  return found;
}
