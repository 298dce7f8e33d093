import type { Actor, ActorContext, ActorId, OperationId, Out } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import type { SequentialSpec } from "../../../harness/spec.ts";
import type { History, Promised, Request, Role, ZabDurable, ZabMessage, ZabState, ZabTimer } from "./state.ts";

/**
 * ZooKeeper's atomic broadcast: Junqueira, Reed and Serafini, "Zab: high-performance broadcast for primary-backup systems"
 * (DSN 2011). One leader per epoch proposes transactions; what a majority holds is committed, and delivered everywhere in
 * the leader's order. A new leader first makes a majority hold its history:
 *
 *     phase 1  discovery         n2 ── newEpoch 2 ──▶ n3        n3 promises to follow nobody earlier, and says what it holds
 *                                n2 ◀── promise ───── n3        of a majority, the history of the latest epoch is n2's (the longest of these)
 *     phase 2  synchronisation   n2 ── newLeader 2 ─▶ n3        n3 takes over epoch and history, on disk
 *                                n2 ◀── ack ───────── n3        held by a majority: n2 is established, and all of it is committed
 *     phase 3  broadcast         n2 ── propose, commit …
 *
 * The synchronisation rests on one order: history on disk, then the epoch, then the acknowledgement. ZooKeeper wrote
 * histories by another thread than the one that acknowledged, and lost committed transactions in two ways (`Writing`).
 *
 * Choices of ours: whoever hears no leader tries to lead, as in the paper; ZooKeeper elects first, by what each holds. All
 * calls are transactions, reads too. Whole histories travel, not differences. A request is passed on at most once.
 */
export type Writing =
  /** History and epoch are on disk before the acknowledgement. */
  | "first"
  /** The epoch before the history: the bug of `zab-epoch-first` (ZOOKEEPER-4643). */
  | "after-epoch"
  /** Both after the acknowledgement: the bug of `zab-ack-first` (ZOOKEEPER-4646). */
  | "after-ack";

export interface ZabVariant {
  readonly kind: string;
  /** When a follower writes the history of a new leader. */
  readonly writing: Writing;
  /** What transactions are applied to; deterministic. */
  readonly machine: SequentialSpec;
  /** Where servers are at their first start, by server; those that are not named begin from nothing. */
  readonly begin: readonly ZabBeginning[];
  /** How long a server hears no leader, or a leader no follower, before it tries to lead, ms: [least, most]. */
  readonly lookMs: readonly [number, number];
  readonly beatMs: number;
}
export type ZabBeginning = ZabDurable & Pick<ZabState, "role" | "delivered">;

type ZabOut = Out<ZabMessage, ZabTimer, never, ZabDurable>;

/** One server; `variant` chooses the correct system or a twin. */
export function zabActor(variant: ZabVariant): Actor<ZabState, ZabMessage, ZabTimer, never, ZabDurable> {
  const written = (state: ZabState, out: ZabOut): ZabState => {
    const { promised, epoch, history } = state;
    out.save({ promised, epoch, history });
    if (state.unwritten) out.cancelTimer("write");
    return { ...state, unwritten: false };
  };

  const look = (out: ZabOut): void => {
    out.cancelTimer("look");
    out.setTimer("look", variant.lookMs);
  };
  const beat = (out: ZabOut): void => out.setTimer("beat", [variant.beatMs, variant.beatMs]);

  // ---------------------------------------------------------------- phase 1: discovery

  const discover = (self: ActorContext, before: ZabState, out: ZabOut): ZabState => {
    const { epoch, history } = before;
    if (before.role.name === "leading") out.cancelTimer("beat");
    const state = written({ ...before, promised: before.promised + 1, role: { name: "discovering", promises: [{ from: self.id, epoch, history }] } }, out);
    for (const peer of self.peers) out.send(peer, { type: "newEpoch", epoch: state.promised });
    look(out);
    return synchronise(self, state, out);
  };

  const promise = (state: ZabState, from: ActorId, epoch: number, out: ZabOut): ZabState => {
    if (epoch <= state.promised) return state;
    if (state.role.name === "leading") out.cancelTimer("beat");
    const { epoch: current, history } = state;
    // What it shows counts for the new leader, so it is on disk; ZooKeeper reads it from there.
    const after = written({ ...state, promised: epoch, role: { name: "looking" } }, out);
    out.send(from, { type: "promise", epoch, current, history });
    look(out);
    return after;
  };

  // ---------------------------------------------------------------- phase 2: synchronisation

  /** Takes the best history of a majority for its own, and hands it out. */
  const synchronise = (self: ActorContext, state: ZabState, out: ZabOut): ZabState => {
    const { role, promised } = state;
    if (role.name !== "discovering" || role.promises.length < majority(self)) return state;
    const { history } = best(role.promises);
    const followers = role.promises.map(({ from }) => from).filter((id) => id !== self.id);
    for (const follower of followers) out.send(follower, { type: "newLeader", epoch: promised, history });
    const held = Array.from({ length: self.servers }, (_, id) => (id === self.id ? history.length : -1));
    const leading = written({ ...state, epoch: promised, history, role: { name: "leading", held, followers, established: false } }, out);
    beat(out);
    return commit(self, leading, out);
  };

  const takeOver = (state: ZabState, from: ActorId, message: ZabMessage & { readonly type: "newLeader" }, out: ZabOut): ZabState => {
    const { epoch, history } = message;
    if (epoch !== state.promised || epoch === state.epoch) return state;
    look(out);
    const held: ZabState = { ...state, epoch, history, role: { name: "following", leader: from } };
    const ack = (): void => out.send(from, { type: "ack", epoch, index: history.length });
    if (variant.writing === "first") {
      const after = written(held, out);
      ack();
      return after;
    }
    if (variant.writing === "after-epoch") out.save({ promised: state.promised, epoch, history: state.history });
    else ack();
    out.setTimer("write", [0, 5]);
    return { ...held, unwritten: true };
  };

  // ---------------------------------------------------------------- phase 3: broadcast

  const propose = (self: ActorContext, state: ZabState, requests: readonly Request[], out: ZabOut): ZabState => {
    if (state.role.name !== "leading" || requests.length === 0) return state;
    let history = state.history;
    for (const request of requests) {
      const transaction = { epoch: state.epoch, request };
      history = [...history, transaction];
      for (const follower of state.role.followers) out.send(follower, { type: "propose", epoch: state.epoch, index: history.length, transaction });
    }
    const held = state.role.held.map((index, id) => (id === self.id ? history.length : index));
    return commit(self, written({ ...state, history, role: { ...state.role, held } }, out), out);
  };

  /** Commits what a majority holds; the first time, the leader is established by it. */
  const commit = (self: ActorContext, state: ZabState, out: ZabOut): ZabState => {
    const { role } = state;
    if (role.name !== "leading") return state;
    const index = [...role.held].sort((a, b) => b - a)[majority(self) - 1]!;
    if (index < 0 || (role.established && index <= state.delivered)) return state;
    for (const follower of role.followers) out.send(follower, { type: "commit", epoch: state.epoch, index });
    const after = deliver(self, { ...state, role: { ...role, established: true } }, index, out);
    return role.established ? after : propose(self, { ...after, queued: [] }, after.queued, out);
  };

  /** What was delivered is not taken back: a history that lacks it breaks the promise, and a property shows it. */
  const deliver = (self: ActorContext, state: ZabState, index: number, out: ZabOut): ZabState => {
    let after = state;
    for (const { request } of state.history.slice(state.delivered, index)) {
      const [result] = variant.machine.apply(after.applied, request.call);
      after = { ...after, applied: result!.state, delivered: after.delivered + 1 };
      if (request.door === self.id) after = answer(after, request.operation, result!.ret, out);
      else if (state.role.name === "leading") out.send(request.door, { type: "answer", operation: request.operation, value: result!.ret });
    }
    return after;
  };

  // ---------------------------------------------------------------- clients

  /** Proposes at an established leader, passes on to the leader that is followed, or keeps. */
  const submit = (self: ActorContext, state: ZabState, request: Request, out: ZabOut): ZabState => {
    if (state.role.name === "leading" && state.role.established) return propose(self, state, [request], out);
    return passOn({ ...state, queued: [...state.queued, request] }, out);
  };

  const passOn = (state: ZabState, out: ZabOut): ZabState => {
    const { role, queued } = state;
    if (role.name !== "following" || queued.length === 0) return state;
    for (const request of queued) out.send(role.leader, { type: "ask", request });
    return { ...state, queued: [] };
  };

  const answer = (state: ZabState, operation: OperationId, value: Json, out: ZabOut): ZabState => {
    if (!state.asked.includes(operation)) return state;
    out.reply(operation, value);
    return { ...state, asked: state.asked.filter((asked) => asked !== operation) };
  };

  return {
    kind: variant.kind,

    start(self, durable, out) {
      const begun = variant.begin[self.id];
      if (durable === null && begun !== undefined) out.save({ promised: begun.promised, epoch: begun.epoch, history: begun.history });
      const known = durable ?? begun ?? { promised: 0, epoch: 0, history: [] };
      const state: ZabState = { role: { name: "looking" }, unwritten: false, delivered: 0, applied: variant.machine.initial, queued: [], asked: [], ...known };
      look(out);
      if (state.role.name === "leading") beat(out);
      return state;
    },

    onClient(self, state, operation, call, out) {
      // A call that the machine does not have is refused here, and never in the history.
      variant.machine.apply(state.applied, call);
      return submit(self, { ...state, asked: [...state.asked, operation] }, { operation, door: self.id, call: { f: call.f, value: call.value } }, out);
    },

    onTimer(self, state, timer, out) {
      if (timer === "look") return discover(self, state, out);
      if (timer === "write") {
        const after = written(state, out);
        if (variant.writing === "after-epoch" && after.role.name === "following") out.send(after.role.leader, { type: "ack", epoch: after.epoch, index: after.history.length });
        return after;
      }
      if (state.role.name !== "leading") return state;
      for (const follower of state.role.followers) out.send(follower, { type: "beat", epoch: state.epoch, index: state.delivered });
      beat(out);
      return state;
    },

    onMessage(self, state, from, message, out) {
      const { role } = state;
      switch (message.type) {
        case "ask":
          return submit(self, state, message.request, out);
        case "answer":
          return answer(state, message.operation, message.value, out);
        case "newEpoch":
          return promise(state, from, message.epoch, out);
        case "promise": {
          if (message.epoch !== state.promised) return state;
          if (role.name === "discovering") return synchronise(self, { ...state, role: { ...role, promises: withPromise(role.promises, { from, epoch: message.current, history: message.history }) } }, out);
          if (role.name !== "leading" || role.followers.includes(from)) return state;
          // It comes late: the history, with all that was proposed since.
          out.send(from, { type: "newLeader", epoch: state.epoch, history: state.history });
          return { ...state, role: { ...role, followers: [...role.followers, from].sort((a, b) => a - b) } };
        }
        case "newLeader":
          return passOn(takeOver(state, from, message, out), out);
        case "propose": {
          if (!follows(role, from) || message.epoch !== state.epoch || message.index !== state.history.length + 1) return state;
          const after = written({ ...state, history: [...state.history, message.transaction] }, out);
          out.send(from, { type: "ack", epoch: message.epoch, index: message.index });
          return after;
        }
        case "ack": {
          if (role.name !== "leading" || message.epoch !== state.epoch) return state;
          look(out);
          const held = role.held.map((index, id) => (id === from ? Math.max(index, message.index) : index));
          return commit(self, { ...state, role: { ...role, held } }, out);
        }
        case "commit":
        case "beat": {
          if (!follows(role, from) || message.epoch !== state.epoch) return state;
          look(out);
          if (message.type === "beat" && !state.unwritten) out.send(from, { type: "ack", epoch: state.epoch, index: state.history.length });
          return deliver(self, state, message.index, out);
        }
      }
    },
  };
}

function follows(role: Role, leader: ActorId): boolean {
  return role.name === "following" && role.leader === leader;
}

function withPromise(promises: readonly Promised[], promise: Promised): readonly Promised[] {
  return [...promises.filter(({ from }) => from !== promise.from), promise].sort((a, b) => a.from - b.from);
}

/** The latest epoch's; of these, the longest. */
function best(promises: readonly Promised[]): { readonly history: History } {
  return promises.reduce((one, other) => (other.epoch > one.epoch || (other.epoch === one.epoch && other.history.length > one.history.length) ? other : one));
}

function majority(self: ActorContext): number {
  return Math.floor(self.servers / 2) + 1;
}
