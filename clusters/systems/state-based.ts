import type { Actor, ActorContext, Out } from "../../harness/actor.ts";
import type { Json } from "../../harness/json.ts";
import { canonicalJson } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";

/**
 * Replication without coordination by states that are joined (state-based, or convergent, replicated data types: Shapiro,
 * Preguiça, Baquero and Zawirski, INRIA RR-7506, 2011, §2.2): a replica answers at once from what it knows, and tells its
 * whole state. Where `join` is idempotent, commutative and associative, and states only grow in its order, lost, repeated
 * and reordered messages do no harm: replicas that have heard of the same updates are in the same state.
 *
 * A state is told after every update, once more a while later and after a restart, and is on disk before it is told.
 */
export interface ReplicatedType<State extends Json> {
  initial(servers: number): State;
  /** The state after the call (the same reference: the call changed nothing) and what is answered. */
  apply(self: ActorContext, state: State, call: Call): { readonly state: State; readonly value: Json };
  join(mine: State, theirs: State): State;
}

/** One replica of the type. `gossipMs`: how long until its state is told again, [least, most]. */
export function stateBasedReplica<State extends Json>(
  type: ReplicatedType<State>,
  about: { readonly kind: string; readonly gossipMs: readonly [number, number] },
): Actor<State, State, "gossip", never, State> {
  const tell = (self: ActorContext, state: State, out: Out<State, "gossip", never, State>): void => {
    for (const peer of self.peers) out.send(peer, state);
  };

  return {
    kind: about.kind,

    start(self, durable, out) {
      // What it knew when it crashed, nobody may have been told.
      if (durable !== null) out.setTimer("gossip", about.gossipMs);
      return durable ?? type.initial(self.servers);
    },

    onClient(self, state, operation, call, out) {
      const { state: after, value } = type.apply(self, state, call);
      if (after !== state) out.save(after);
      out.reply(operation, value);
      if (after === state) return state;
      tell(self, after, out);
      out.setTimer("gossip", about.gossipMs);
      return after;
    },

    onMessage(_self, state, _from, told, out) {
      const joined = type.join(state, told);
      if (canonicalJson(joined) === canonicalJson(state)) return state;
      out.save(joined);
      return joined;
    },

    onTimer(self, state, _timer, out) {
      tell(self, state, out);
      return state;
    },
  };
}
