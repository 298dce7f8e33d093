import type { ClockControl, Flow, Membership, Net, PowerControl, ProcessControl, RunningCluster } from "../harness/cluster.ts";
import type { Disturbance } from "../harness/disturbance.ts";
import { HarnessError } from "../harness/errors.ts";

/**
 * A cluster's capabilities for faults that need them. `checkCapabilities` has asked before the run began; whoever
 * plans without having asked gets the same error here.
 */
export function netOf(cluster: RunningCluster): Net {
  return cluster.net ?? lacks(cluster, "act on links");
}

export function processesOf(cluster: RunningCluster): ProcessControl {
  return cluster.processes ?? lacks(cluster, "act on processes");
}

export function clocksOf(cluster: RunningCluster): ClockControl {
  return cluster.clocks ?? lacks(cluster, "skew clocks");
}

export function membershipOf(cluster: RunningCluster): Membership {
  return cluster.membership ?? lacks(cluster, "change who belongs to it");
}

export function powerOf(cluster: RunningCluster): PowerControl {
  return cluster.power ?? lacks(cluster, "take what was not synced from disks");
}

/** A toxic on these flows. */
export function toxicOn(cluster: RunningCluster, flows: readonly Flow[], toxic: { readonly type: string; readonly attributes: { readonly [name: string]: number } }): Disturbance {
  const net = netOf(cluster);
  return net.toxic === undefined ? lacks(cluster, "do more to links than cut and delay them") : net.toxic(flows, toxic);
}

function lacks(cluster: RunningCluster, what: string): never {
  throw new HarnessError("CAPABILITY_MISSING", `cluster '${cluster.name}' cannot ${what}`, { nextStep: "use a cluster that can, or another fault" });
}
