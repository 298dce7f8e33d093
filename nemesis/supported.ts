import type { Abilities } from "../harness/cluster.ts";
import { type ArmedFault, checkAbilities, isSupported } from "./fault.ts";
import { faults } from "./registry.ts";

/** Names of the faults that a cluster takes, in the registry's order. */
export function supportedFaults(abilities: Pick<Abilities, "can">): string[] {
  return faults.filter((fault) => isSupported(fault, abilities)).map(({ name }) => name);
}

/** Refuses faults that a cluster does not take before it is started, and names those that it takes: `CAPABILITY_MISSING`. */
export function checkBeforeStart(armed: readonly ArmedFault[], cluster: { readonly name: string; readonly abilities?: Abilities }): void {
  if (cluster.abilities !== undefined) checkAbilities(armed, { name: cluster.name, abilities: cluster.abilities, instead: supportedFaults(cluster.abilities) });
}
