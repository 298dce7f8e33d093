import type { Abilities, ClusterStart, Endpoint, RunningCluster } from "../../harness/cluster.ts";
import type { NodeId } from "../../harness/ids.ts";

/** A system of actors on real nodes, wherever these run: a `Cluster` whose nodes can be spoken to past all proxies. */
export interface ActorCluster {
  readonly name: string;
  readonly abilities: Abilities;
  start(start: ClusterStart): Promise<RunningActorCluster>;
}

export interface RunningActorCluster extends RunningCluster {
  /** Where the node itself is reached in its present life, past all proxies: for observers, never for a run's clients. */
  address(node: NodeId): Endpoint;
}
