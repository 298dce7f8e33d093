import type { ClientScript, SystemDefinition, SystemProperty } from "../../../harness/actor.ts";
import { isObject, type Json } from "../../../harness/json.ts";
import { acquireLease, lease as leaseSpec } from "../../../harness/objects/lease.ts";
import { numberOf } from "../../../harness/options.ts";
import { defineSystem, plainActor, type SystemParts } from "../bounds.ts";
import { leaseActor } from "./lease.ts";

/**
 * `lease` promises that nobody holds the lock beside another, whatever is lost, late or cut off, as long as no clock is
 * faster or slower than real time by more than `driftPercent`. The model's clocks drift by that much; deployed, they
 * do under the fault `clock-drift` only. A grantor that forgets its grants in a crash would have to wait a lease's time: no crashes here.
 */
function definition(about: SystemParts["about"], heedsDrift: boolean): SystemDefinition {
  return defineSystem({
    about: { ...about, workloads: ["lease"] },
    defaults: { timers: 3 },
    without: ["crashes", "duplicates"],
    options: [
      { name: "leaseMs", kind: "integer", unit: "ms", default: 1_000, min: 10, reason: "long beside a loopback round trip, short beside a human" },
      { name: "driftPercent", kind: "integer", unit: "% of real time's rate", default: 5, min: 0, max: 40, reason: "far more than any crystal, about what a starved virtual machine shows" },
    ],
    spec: leaseSpec(),
    clocks: (settings) => ({ driftRatio: numberOf(settings, "driftPercent") / 100 }),
    actor(settings) {
      const theirsMs = numberOf(settings, "leaseMs");
      const drift = numberOf(settings, "driftPercent") / 100;
      const share = heedsDrift ? (1 - drift) / (1 + drift) : 1;
      return plainActor(leaseActor({ kind: about.name, theirsMs, mineMs: Math.max(1, Math.ceil(theirsMs * share) - 1) }));
    },
    scripts: takeOneEach,
    properties: [oneHolder],
  });
}

/** Client k asks for the lease at a server that does not grant. */
function takeOneEach(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => [{ node: servers === 1 ? 0 : 1 + (k % (servers - 1)), call: acquireLease() }]);
}

const oneHolder: SystemProperty = {
  name: "one holder",
  kind: "always",
  on: "actors",
  test: (states) => states.filter((state: Json) => isObject(state) && state["holding"] === true).length <= 1,
};

/** Its holder stops in time. */
export const lease: SystemDefinition = definition({ name: "lease", summary: "a lock by lease, whose holder stops before the grantor's clock can be done, within a bound of drift", role: "product" }, true);

/** Believes in clocks. */
export const leaseDrift: SystemDefinition = definition(
  {
    name: "lease-drift",
    summary: "lease whose holder counts as long as the grantor",
    role: "twin",
    twinOf: "lease",
    bug: "a holder with a slow clock goes on while a grantor with a fast one grants again",
  },
  false,
);
