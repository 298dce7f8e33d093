import type { ClientScript, SystemDefinition, SystemProperty } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import { read, write } from "../../../harness/objects/register.ts";
import { siblings } from "../../../harness/objects/siblings.ts";
import { numberOf, type Settings } from "../../../harness/options.ts";
import { defineSystem, plainActor, type SystemParts } from "../bounds.ts";
import { mergedBy, stateMergeActor, type StateMergeVariant } from "./state-merge.ts";

/** Client k writes at replica k and reads there; the first writes once more, over whatever it has seen by then. */
function writeAndRead(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => {
    const node = k % servers;
    return [{ node, call: write(`w${k + 1}`) }, ...(k === 0 ? [{ node, call: write("again") }] : []), { node, call: read() }];
  });
}

function known(states: readonly Json[]): NonNullable<ReturnType<typeof mergedBy>>[] {
  return states.flatMap((state) => mergedBy(state) ?? []);
}

const properties: readonly SystemProperty[] = [
  {
    name: "convergent",
    kind: "always",
    on: "actors",
    test: (states) => {
      const all = known(states);
      return all.every((one) => all.every((other) => one.seen !== other.seen || one.holds === other.holds));
    },
  },
  {
    name: "all have merged",
    kind: "sometimes",
    on: "actors",
    test: (states) => {
      const all = known(states);
      return all.length === states.length && all.every(({ seen }) => seen === all[0]!.seen && seen.split(",").filter((count) => count !== "0").length > 1);
    },
  },
];

function definition(about: SystemParts["about"], flaw?: NonNullable<StateMergeVariant["flaw"]>, defaults: Settings = {}): SystemDefinition {
  return defineSystem({
    about: { ...about, workloads: [] },
    defaults: { servers: 2, order: "any", losses: 1, duplicates: 1, ...defaults },
    options: [{ name: "announceMs", kind: "integer", unit: "ms", default: 200, min: 1, reason: "how late a write may be seen when its letter is lost" }],
    spec: siblings(),
    actor(settings) {
      const announce = numberOf(settings, "announceMs");
      return plainActor(stateMergeActor({ kind: about.name, announceMs: [announce, announce * 2], ...(flaw === undefined ? {} : { flaw }) }));
    },
    scripts: writeAndRead,
    properties,
  });
}

/** Diverges and merges. */
export const stateMerge: SystemDefinition = definition({
  name: "state-merge",
  summary: "a register with many authors: replicas diverge, keep siblings and merge by version vectors",
  role: "product",
});

/** Believes whoever came last. */
export const stateMergeLastArrival: SystemDefinition = definition(
  { name: "state-merge-last-arrival", summary: "state-merge in which the letter that comes last replaces everything", role: "twin", twinOf: "state-merge", bug: "replicas that have seen the same writes hold different values" },
  "last-arrival",
  { losses: 0, duplicates: 0 },
);

/** Counts its correspondents one by one. */
export const stateMergeOwnNumbers: SystemDefinition = definition(
  {
    name: "state-merge-own-numbers",
    summary: "state-merge that looks for gaps in each author's numbers alone",
    role: "twin",
    twinOf: "state-merge",
    bug: "a write that comes before the one that it replaced does not replace it: the old value is back",
  },
  "own-numbers",
  { servers: 3, losses: 0, duplicates: 0 },
);
