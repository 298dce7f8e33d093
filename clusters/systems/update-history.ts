import type { Actor, LivenessProperty, OperationId, Out, SystemProperty } from "../../harness/actor.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import { numberOf, type Settings } from "../../harness/options.ts";

/**
 * A history variable (Abadi and Lamport, "The existence of refinement mappings", TCS 1991) for replicas that answer alone
 * and tell each other their states: beside its state, every replica carries the names of the updates that are in it. It
 * changes nothing that the replica does, and makes sayable what it should show, by a definition in the style of Burckhardt,
 * Gotsman, Yang and Zawirski, "Replicated data types: specification, verification, optimality" (POPL 2014): a function of
 * the updates that are visible, and of which update had seen which.
 *
 *     n1  add x (c0.0)                      ── state, {c0.0} ──▶  n2  remove x (c1.0), which has seen c0.0
 *     n1  add x (c0.1), which has seen c0.0 ── state, {c0.0, c0.1} ──▶  n2  knows all three: x is in, by c0.1
 *
 * What is known only grows, as in every replica that never forgets: such a system is explored and compared, round by round.
 */
export type Update = {
  readonly id: OperationId;
  readonly call: { readonly f: string; readonly value: Json };
  /** Updates that were in the replica's state when this one was made, sorted. */
  readonly seen: readonly OperationId[];
};
/** `updates` sorted by id. */
export type Tracked<State extends Json> = { readonly replica: State; readonly updates: readonly Update[] };

/** The replica whose messages are its state, and whose durable state is its state, with the updates that are in it. */
export function trackingUpdates<State extends Json, Timer extends Json>(
  actor: Actor<State, State, Timer, never, State>,
  isUpdate: (call: Call) => boolean,
): Actor<Tracked<State>, Tracked<State>, Timer, never, Tracked<State>> {
  const tracked = (updates: readonly Update[], out: Out<Tracked<State>, Timer, never, Tracked<State>>): Out<State, Timer, never, State> => ({
    send: (to, replica) => out.send(to, { replica, updates }),
    save: (replica) => out.save({ replica, updates }),
    reply: (operation, value) => out.reply(operation, value),
    setTimer: (timer, afterMs) => out.setTimer(timer, afterMs),
    cancelTimer: (timer) => out.cancelTimer(timer),
    choose: (key, options) => out.choose(key, options),
  });
  /** The same reference while nothing has changed: an input that is ignored stays so. */
  const after = (state: Tracked<State>, replica: State, updates: readonly Update[]): Tracked<State> =>
    replica === state.replica && updates === state.updates ? state : { replica, updates };

  return {
    kind: actor.kind,
    start(self, durable, out) {
      const updates = durable?.updates ?? [];
      return { replica: actor.start(self, durable?.replica ?? null, tracked(updates, out)), updates };
    },
    onClient(self, state, operation, call, out) {
      const update: Update = { id: operation, call: { f: call.f, value: call.value }, seen: state.updates.map(({ id }) => id) };
      const updates = isUpdate(call) ? union(state.updates, [update]) : state.updates;
      return after(state, actor.onClient!(self, state.replica, operation, call, tracked(updates, out)), updates);
    },
    onMessage(self, state, from, told, out) {
      const updates = union(state.updates, told.updates);
      return after(state, actor.onMessage(self, state.replica, from, told.replica, tracked(updates, out)), updates);
    },
    onTimer(self, state, timer, out) {
      return after(state, actor.onTimer!(self, state.replica, timer, tracked(state.updates, out)), state.updates);
    },
  };
}

/** What replicas show, and what they may show: a function of the updates that are in their state. */
export interface Replication<State extends Json> {
  shows(replica: State): Json;
  allows(updates: readonly Update[], shown: Json): boolean;
}

/** Strong convergence: the same updates, the same value; and the value is one that the type allows. */
export function replicationProperties<State extends Json>({ shows, allows }: Replication<State>): readonly SystemProperty[] {
  return [
    {
      name: "convergent",
      kind: "always",
      on: "actors",
      test: (states) => {
        const all = replicas<State>(states);
        return all.every((one) => all.every((other) => known(one) !== known(other) || canonicalJson(shows(one.replica)) === canonicalJson(shows(other.replica))));
      },
    },
    {
      name: "as specified",
      kind: "always",
      on: "actors",
      test: (states) => replicas<State>(states).every(({ replica, updates }) => allows(updates, shows(replica))),
    },
  ];
}

/**
 * Eventual delivery: replicas that know different things know the same at last. A bounded model can lose or forget the
 * last state that is told, so this is asked where nothing is lost and nobody crashes.
 */
export function knowAllAtLast(settings: Settings): readonly LivenessProperty[] {
  if (numberOf(settings, "losses") + numberOf(settings, "crashes") > 0) return [];
  return [{ name: "all know the same at last", kind: "leadsTo", fair: true, from: ({ servers }) => !allKnowTheSame(servers), to: ({ servers }) => allKnowTheSame(servers) }];
}

function allKnowTheSame(states: readonly Json[]): boolean {
  const all = replicas(states);
  return all.length === states.length && new Set(all.map(known)).size === 1;
}

/** Those that are up. A server's state is what a tracked actor made; properties get it as plain JSON. */
function replicas<State extends Json>(states: readonly Json[]): Tracked<State>[] {
  return states.filter((state) => state !== null) as unknown as Tracked<State>[];
}

function known({ updates }: Tracked<Json>): string {
  return updates.map(({ id }) => id).join();
}

/** The same list, by reference, when `more` brings nothing. */
function union(updates: readonly Update[], more: readonly Update[]): readonly Update[] {
  const fresh = more.filter(({ id }) => !updates.some((update) => update.id === id));
  return fresh.length === 0 ? updates : [...updates, ...fresh].sort((a, b) => (a.id < b.id ? -1 : 1));
}
