import type { ClientScript, SystemDefinition } from "../../../harness/actor.ts";
import { canonicalJson, type Json } from "../../../harness/json.ts";
import { eventualMap } from "../../../harness/objects/eventual-map.ts";
import { get, put } from "../../../harness/objects/kv.ts";
import { numberOf } from "../../../harness/options.ts";
import { defineSystem, gossipOption, plainActor, type SystemParts } from "../bounds.ts";
import { stateBasedReplica } from "../state-based.ts";
import { knowAllAtLast, replicationProperties, trackingUpdates, type Update } from "../update-history.ts";
import { entriesOf, lwwMap, type LwwMapState, type LwwMapVariant, putOf } from "./lww-map.ts";

/**
 * A map of last-writer-wins registers (Shapiro et al., INRIA RR-7506, 2011, §3.2.1) with Lamport's clocks as timestamps and
 * the replica as the tie-break. It promises its clients that a get shows only what somebody has put, and its replicas: the
 * same writes, the same map; a key shows a write that no other known write of the key has seen; all know the same at last.
 * Default bounds: two replicas, client k puts k+1 under one key at replica k and gets it at the next; messages overtake each
 * other and one state is told again. `lww-map-no-tie-break` compares timestamps alone and keeps its own at equal ones;
 * `lww-map-arrival` takes what arrives last, so replicas end with each other's writes.
 */
function definition(about: SystemParts["about"], winner: LwwMapVariant["winner"]): SystemDefinition {
  return defineSystem({
    about: { ...about, workloads: [] },
    defaults: { servers: 2, timers: 1, order: "any" },
    // A client's request that is repeated would be another write; states repeat by themselves, as they contain one another.
    without: ["duplicates"],
    options: [gossipOption],
    spec: eventualMap(),
    actor(settings) {
      const gossip = numberOf(settings, "gossipMs");
      return plainActor(trackingUpdates(stateBasedReplica(lwwMap({ winner }), { kind: about.name, gossipMs: [gossip, gossip * 2] }), ({ f }) => f !== "get"));
    },
    scripts: putThenGet,
    properties: replicationProperties<LwwMapState>({ shows: entriesOf, allows: showsLastWrites }),
    liveness: knowAllAtLast,
  });
}

function putThenGet(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => [
    { node: k % servers, call: put("k", k + 1) },
    { node: (k + 1) % servers, call: get("k") },
  ]);
}

/** Every key that was put is there, with the value of a put that no other put of that key has seen. */
export function showsLastWrites(updates: readonly Update[], shown: Json): boolean {
  const puts = updates.map(({ id, call, seen }) => ({ id, seen, ...putOf(call) }));
  const last = puts.filter((one) => !puts.some((other) => other.key === one.key && other.seen.includes(one.id)));
  const entries = shown as readonly (readonly [key: string, value: Json])[];
  return entries.length === new Set(puts.map(({ key }) => key)).size && entries.every(([key, value]) => last.some((one) => one.key === key && canonicalJson(one.value) === canonicalJson(value)));
}

/** The last writer wins. */
export const lastWriterWinsMap: SystemDefinition = definition(
  { name: "lww-map", summary: "a map whose replicas answer alone and converge; the last writer by Lamport clock and replica wins", role: "product" },
  "timestamp-and-writer",
);

/** Two last writers. */
export const lwwMapNoTieBreak: SystemDefinition = definition(
  {
    name: "lww-map-no-tie-break",
    summary: "lww-map that compares timestamps alone",
    role: "twin",
    twinOf: "lww-map",
    bug: "of two writes with equal timestamps each replica keeps its own, for ever",
  },
  "timestamp",
);

/** The last to arrive. */
export const lwwMapArrival: SystemDefinition = definition(
  {
    name: "lww-map-arrival",
    summary: "lww-map in which the write that arrives last wins",
    role: "twin",
    twinOf: "lww-map",
    bug: "replicas that hear of writes in different orders keep different ones, and old states bring back old values",
  },
  "arrival",
);
