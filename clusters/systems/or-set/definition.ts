import type { ClientScript, SystemDefinition } from "../../../harness/actor.ts";
import { canonicalJson, type Json } from "../../../harness/json.ts";
import { eventualSet } from "../../../harness/objects/eventual-set.ts";
import { add, readAll, remove } from "../../../harness/objects/set.ts";
import { numberOf } from "../../../harness/options.ts";
import { defineSystem, gossipOption, plainActor, type SystemParts } from "../bounds.ts";
import { type ReplicatedType, stateBasedReplica } from "../state-based.ts";
import { knowAllAtLast, replicationProperties, trackingUpdates, type Update } from "../update-history.ts";
import { distinct, elementsOf, orSet, type OrSetState } from "./or-set.ts";
import { elementsLeft, twoPhaseSet, type TwoPhaseSetState } from "./two-phase-set.ts";

/**
 * The observed-remove set (Shapiro et al., INRIA RR-7506, 2011, §3.3.5; Bieniusa et al., RR-8083, 2012). It promises its
 * clients little, that a read shows nothing which nobody has added, and its replicas much: the same updates, the same
 * elements, whatever is lost, late or repeated; an element is in exactly if some addition of it is known that no known
 * removal has seen; and all know the same at last. Default bounds: two replicas; client 0 adds x and removes it, client 1
 * adds x elsewhere meanwhile and reads; messages overtake each other and one is told again. `or-set-resurrects` joins states by
 * union, so a state that is older than a removal brings the element back; `or-set-two-phase` remembers removals by value,
 * so that they win over additions that they have not seen.
 */
function definition<State extends Json>(about: SystemParts["about"], type: ReplicatedType<State>, shows: (state: State) => Json): SystemDefinition {
  return defineSystem({
    about: { ...about, workloads: [] },
    defaults: { servers: 2, timers: 1, order: "any" },
    // A client's request that is repeated would be another update; states repeat by themselves, as they contain one another.
    without: ["duplicates"],
    options: [gossipOption],
    spec: eventualSet(),
    actor(settings) {
      const gossip = numberOf(settings, "gossipMs");
      return plainActor(trackingUpdates(stateBasedReplica(type, { kind: about.name, gossipMs: [gossip, gossip * 2] }), ({ f }) => f !== "read"));
    },
    scripts: addAndRemove,
    properties: replicationProperties({ shows, allows: (updates, shown) => canonicalJson(shown) === canonicalJson(notRemoved(updates)) }),
    liveness: knowAllAtLast,
  });
}

/** Even clients add x and remove it at one replica, odd ones add it at the next and then read at the one before. */
function addAndRemove(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => {
    const node = k % servers;
    return k % 2 === 0
      ? [{ node, call: add("x") }, { node, call: remove("x") }]
      : [{ node, call: add("x") }, { node: (node + servers - 1) % servers, call: readAll() }];
  });
}

/** The definition: elements with an addition that no removal of them has seen. */
export function notRemoved(updates: readonly Update[]): readonly Json[] {
  const removals = updates.filter(({ call }) => call.f === "remove");
  const isRemoved = ({ id, call }: Update): boolean => removals.some((removal) => canonicalJson(removal.call.value) === canonicalJson(call.value) && removal.seen.includes(id));
  return distinct(updates.filter((update) => update.call.f === "add" && !isRemoved(update)).map(({ call }) => call.value));
}

/** An addition wins. */
export const observedRemoveSet: SystemDefinition = definition<OrSetState>(
  { name: "or-set", summary: "a set whose replicas answer alone and converge; removals take what they have seen (observed-remove set)", role: "product" },
  orSet({ resurrects: false }),
  elementsOf,
);

/** What was removed comes back. */
export const orSetResurrects: SystemDefinition = definition<OrSetState>(
  {
    name: "or-set-resurrects",
    summary: "or-set whose states are joined by union",
    role: "twin",
    twinOf: "or-set",
    bug: "a state that is older than a removal brings back what was removed",
  },
  orSet({ resurrects: true }),
  elementsOf,
);

/** A removal wins. */
export const orSetTwoPhase: SystemDefinition = definition<TwoPhaseSetState>(
  {
    name: "or-set-two-phase",
    summary: "or-set that remembers removals by value (a two-phase set)",
    role: "twin",
    twinOf: "or-set",
    bug: "a removal wins over an addition that it has not seen, and over all later ones",
  },
  twoPhaseSet,
  elementsLeft,
);
