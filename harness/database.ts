import type { Claim } from "./claim.ts";
import type { Client } from "./client.ts";
import type { Cluster } from "./cluster.ts";
import type { OptionSpec, Settings } from "./options.ts";

/**
 * A database is a system that others wrote: it can only be deployed, so it brings a cluster and a client instead of
 * actors. One plain value per database, listed in a registry:
 *
 *     settings ──┬─ cluster(settings, place)   where its nodes run and how to touch them
 *                └─ client(settings, object)   how client threads talk to one node
 */
export interface DatabaseDefinition {
  readonly name: string;
  /** One line for `rashomon list systems`. */
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** Absent: it can have any number of nodes. */
  readonly nodesMax?: number;
  /** Kinds of clusters it can be deployed on, the default first. */
  readonly clusters: readonly ("local" | "docker" | "simulated")[];
  /** Names of the workloads whose calls its client understands. */
  readonly workloads: readonly string[];
  /** What its users may expect with these settings, by its own documents. */
  claim(settings: Settings): Claim;
  /** Options of workloads that follow from these settings where a workload has them: the model that transactions are held to. Absent: none do. */
  workloadDefaults?(settings: Settings): Settings;
  /** Has no effect by itself; `start` does. */
  cluster(settings: Settings, place: DatabasePlace): Cluster;
  /** `object`: name of the workload's object, since two may have functions of one name. */
  client(settings: Settings, object: string): Client;
}

export interface DatabasePlace {
  readonly nodes: number;
  /** Labels everything that is made, so that `heal` finds it; letters, digits and dashes. */
  readonly runId: string;
}
