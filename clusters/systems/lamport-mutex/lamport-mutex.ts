import type { Actor, ActorContext, ActorId, OperationId, Out } from "../../../harness/actor.ts";
import { HarnessError } from "../../../harness/errors.ts";
import { canonicalJson, type Json } from "../../../harness/json.ts";
import { unknownCall } from "../bounds.ts";

/**
 * Mutual exclusion without a centre: Lamport, "Time, clocks, and the ordering of events in a distributed system" (CACM
 * 1978). Every process keeps a logical clock, and a copy of the queue of requests, ordered by timestamp and, where these
 * are equal, by process. The five rules of the paper, in its numbering:
 *
 *     n1  request 1:n1 ──▶ all      (1) a request goes to all, and into the own queue
 *     all ──▶ n1  acknowledge 3     (2) a request goes into the queue and is acknowledged
 *     n1  has it                    (5) own request first in the own queue, and from everybody a message later than it
 *     n1  release 5 ──▶ all         (3) out of the own queue, and told to all; (4) out of theirs
 *
 * Rule 5 is safe because links keep order: who has sent something later than my request has no earlier request under way.
 * The rules know no failures: a process that is down, or a message that is lost, stops everybody or worse.
 *
 * Choice of ours: a process is the door of several clients, who take turns; the one who acquired is the one who releases.
 */
export interface LamportMutexVariant {
  readonly kind: string;
  /** Rule 5 (ii), a later message from everybody; without it: the bug of `lamport-mutex-no-acknowledgement`. */
  readonly waitsForAll: boolean;
  /** Equal timestamps are ordered by process; without it: the bug of `lamport-mutex-no-tie-break`. */
  readonly breaksTies: boolean;
}

type Request = { readonly time: number; readonly process: ActorId };
type Client = { readonly operation: OperationId; readonly owner: Json };
export type LamportMutexState = {
  readonly clock: number;
  /** The request queue, this process's own request among them, first things first. */
  readonly queue: readonly Request[];
  /** By process: the timestamp of the last message from it. */
  readonly heard: readonly number[];
  /** The client whose request is in the queue, and whether it has the resource; null: nobody here wants it. */
  readonly own: (Client & { readonly time: number; readonly granted: boolean }) | null;
  /** Clients whose turn comes later, oldest first. */
  readonly waiting: readonly Client[];
};
type LamportMutexMessage = { readonly type: "request" | "acknowledge" | "release"; readonly time: number };
type LamportMutexOut = Out<LamportMutexMessage>;

/** One process; `variant` chooses the correct system or a twin. */
export function lamportMutexActor(variant: LamportMutexVariant): Actor<LamportMutexState, LamportMutexMessage> {
  /** Rule 1. */
  const request = (self: ActorContext, state: LamportMutexState, client: Client, out: LamportMutexOut): LamportMutexState => {
    const time = state.clock + 1;
    for (const peer of self.peers) out.send(peer, { type: "request", time });
    const queue = inOrder([...state.queue, { time, process: self.id }]);
    return grant(self, { ...state, clock: time, queue, own: { ...client, time, granted: false } }, out);
  };

  /** Rule 3; then the next client here has its turn. */
  const release = (self: ActorContext, state: LamportMutexState, out: LamportMutexOut): LamportMutexState => {
    const time = state.clock + 1;
    for (const peer of self.peers) out.send(peer, { type: "release", time });
    const [next, ...waiting] = state.waiting;
    const after = { ...state, clock: time, queue: without(state.queue, self.id), own: null, waiting };
    return next === undefined ? after : request(self, after, next, out);
  };

  /** Rule 5. */
  const grant = (self: ActorContext, state: LamportMutexState, out: LamportMutexOut): LamportMutexState => {
    const { own } = state;
    if (own === null || own.granted) return state;
    const mine = { time: own.time, process: self.id };
    const first = state.queue.every((other) => other.process === self.id || precedes(mine, other));
    const heard = self.peers.every((peer) => state.heard[peer]! > own.time);
    if (!first || (!heard && variant.waitsForAll)) return state;
    out.reply(own.operation, null);
    return { ...state, own: { ...own, granted: true } };
  };

  const precedes = (one: Request, other: Request): boolean => isBefore(one, other) || (one.time === other.time && !variant.breaksTies);

  return {
    kind: variant.kind,

    start: (self) => ({ clock: 0, queue: [], heard: Array.from({ length: self.servers }, () => 0), own: null, waiting: [] }),

    onClient(self, state, operation, call, out) {
      const client = { operation, owner: call.value };
      switch (call.f) {
        case "acquire":
          return state.own === null ? request(self, state, client, out) : { ...state, waiting: [...state.waiting, client] };
        case "release":
          if (state.own?.granted !== true || canonicalJson(state.own.owner) !== canonicalJson(call.value)) throw notHeld(call.value);
          out.reply(operation, null);
          return release(self, state, out);
        default:
          throw unknownCall(call, "acquire, release");
      }
    },

    onMessage(self, state, from, message, out) {
      const clock = Math.max(state.clock, message.time) + 1;
      const heard = state.heard.map((time, process) => (process === from ? Math.max(time, message.time) : time));
      const met = { ...state, clock, heard };
      switch (message.type) {
        case "request":
          out.send(from, { type: "acknowledge", time: clock });
          return grant(self, { ...met, queue: inOrder([...state.queue, { time: message.time, process: from }]) }, out);
        case "acknowledge":
          return grant(self, met, out);
        case "release":
          return grant(self, { ...met, queue: without(state.queue, from) }, out);
      }
    },
  };
}

/** The paper's total order ⇒: by timestamp, then by process. */
export function isBefore(one: Request, other: Request): boolean {
  return one.time < other.time || (one.time === other.time && one.process < other.process);
}

function inOrder(requests: readonly Request[]): readonly Request[] {
  return [...requests].sort((a, b) => (isBefore(a, b) ? -1 : 1));
}

function without(queue: readonly Request[], process: ActorId): readonly Request[] {
  return queue.filter((request) => request.process !== process);
}

function notHeld(owner: Json): HarnessError {
  return new HarnessError("CLIENT_FAILED", `${canonicalJson(owner)} does not hold the resource here`, { nextStep: "release where, and as whom, it was acquired" });
}
