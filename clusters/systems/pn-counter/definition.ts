import type { ClientScript, SystemDefinition, SystemProperty } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import { addNumber, readCounter } from "../../../harness/objects/counter.ts";
import { eventualCounter } from "../../../harness/objects/eventual-counter.ts";
import { numberOf } from "../../../harness/options.ts";
import { defineSystem, gossipOption, plainActor, type SystemParts } from "../bounds.ts";
import { knowledgeOf, pnCounterActor } from "./pn-counter.ts";

/** Client k adds 10^k at replica k and reads at the next; the first takes 2 away in between. So a sum tells what is in it. */
function addThenRead(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => [
    { node: k % servers, call: addNumber(10 ** k) },
    ...(k === 0 ? [{ node: k, call: addNumber(-2) }] : []),
    { node: (k + 1) % servers, call: readCounter() },
  ]);
}

function knowledge(states: readonly Json[]): { readonly knows: string; readonly shows: number }[] {
  return states.flatMap((state) => knowledgeOf(state) ?? []);
}

const properties: readonly SystemProperty[] = [
  {
    name: "convergent",
    kind: "always",
    on: "actors",
    test: (states) => {
      const all = knowledge(states);
      return all.every((one) => all.every((other) => one.knows !== other.knows || one.shows === other.shows));
    },
  },
  {
    name: "all know all",
    kind: "sometimes",
    on: "actors",
    test: (states) => {
      const all = knowledge(states);
      return all.length === states.length && new Set(all.map(({ knows }) => knows)).size === 1 && !all[0]!.knows.split(",").every((additions) => additions === "0");
    },
  },
];

function definition(about: SystemParts["about"], addsWhenMerging: boolean): SystemDefinition {
  return defineSystem({
    about: { ...about, workloads: [] },
    defaults: { servers: 2, timers: 1, order: "any" },
    // A client's request that is repeated would be another addition; states repeat by themselves, as they contain one another.
    without: ["duplicates"],
    options: [gossipOption],
    spec: eventualCounter(),
    actor(settings) {
      const gossip = numberOf(settings, "gossipMs");
      return plainActor(pnCounterActor({ kind: about.name, addsWhenMerging, gossipMs: [gossip, gossip * 2] }));
    },
    scripts: addThenRead,
    properties,
  });
}

/** Answers alone, agrees later. */
export const pnCounter: SystemDefinition = definition(
  { name: "pn-counter", summary: "a counter whose replicas answer alone and converge (state-based PN-counter)", role: "product" },
  false,
);

/** Counts again what it knows. */
export const pnCounterAddingMerge: SystemDefinition = definition(
  {
    name: "pn-counter-adding-merge",
    summary: "pn-counter that merges states by adding them",
    role: "twin",
    twinOf: "pn-counter",
    bug: "a state that is told twice is counted twice: merging is not idempotent",
  },
  true,
);
