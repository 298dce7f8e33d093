import type { ClientScript, SystemDefinition, SystemProperty } from "../../../harness/actor.ts";
import { readFor, roamingRegister, writeAs } from "../../../harness/objects/roaming-register.ts";
import { numberOf, type Settings } from "../../../harness/options.ts";
import { defineSystem, plainActor, type SystemParts } from "../bounds.ts";
import { geoStoreActor, type GeoStoreVariant, lacks } from "./geo-store.ts";

/** User k writes at centre k, then asks the next two centres for it. */
function writeAndRoam(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => {
    const user = `user ${k + 1}`;
    return [{ node: k % servers, call: writeAs(user, k + 1) }, ...[1, 2].map((step) => ({ node: (k + step) % servers, call: readFor(user) }))];
  });
}

const properties: readonly SystemProperty[] = [
  {
    name: "every centre has what was acknowledged",
    kind: "always",
    on: "actors",
    test: (states) => states.every((centre) => states.every((other) => !lacks(centre, other))),
  },
  {
    name: "one centre is left",
    kind: "sometimes",
    on: "actors",
    test: (states) => states.filter((state) => state !== null).length === 1,
  },
];

function definition(about: SystemParts["about"], flaw?: NonNullable<GeoStoreVariant["flaw"]>, defaults: Settings = {}): SystemDefinition {
  return defineSystem({
    about: { ...about, workloads: [] },
    // Two of three centres go away; within these bounds they may come back.
    defaults: { crashes: 2, ...defaults },
    // A user's request that is repeated would be another write; between centres, storing twice is part of the design.
    without: ["duplicates"],
    options: [{ name: "resendMs", kind: "integer", unit: "ms", default: 200, min: 1, reason: "well above a trip between data centres" }],
    spec: roamingRegister(),
    actor(settings) {
      const resend = numberOf(settings, "resendMs");
      return plainActor(geoStoreActor({ kind: about.name, resendMs: [resend, resend * 2], ...(flaw === undefined ? {} : { flaw }) }));
    },
    scripts: writeAndRoam,
    properties: flaw === undefined ? properties : properties.slice(0, 1),
  });
}

/** Three centres, one is enough to read. */
export const geoStore: SystemDefinition = definition({
  name: "geo-store",
  summary: "a store over three data centres: no written data is lost and reads go on while one is left (write all, read one)",
  role: "product",
});

/** Two are enough to write. */
export const geoStoreMajority: SystemDefinition = definition(
  { name: "geo-store-majority", summary: "geo-store that acknowledges when two of three centres have it", role: "twin", twinOf: "geo-store", bug: "the one centre that is left may be the one that never got the write" },
  "majority",
  { crashes: 0 },
);

/** Memory is enough. */
export const geoStoreVolatile: SystemDefinition = definition(
  { name: "geo-store-volatile", summary: "geo-store whose centres answer before the write is on disk", role: "twin", twinOf: "geo-store", bug: "a centre that comes back has forgotten what it said it had" },
  "volatile",
  { crashes: 1 },
);
