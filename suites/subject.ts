import { dockerActors } from "../clusters/docker-actors/actor-system.ts";
import { actorClient } from "../clusters/local/actor-client.ts";
import { localCluster } from "../clusters/local/local-cluster.ts";
import { isDefinitionFile, loadService } from "../clusters/own/load-service.ts";
import type { OwnPlace } from "../clusters/own/own-service.ts";
import { etcd } from "../clusters/systems/etcd/etcd.ts";
import { galera } from "../clusters/systems/galera/galera.ts";
import { mariadb } from "../clusters/systems/mariadb/mariadb.ts";
import { nats } from "../clusters/systems/nats/nats.ts";
import { patroni } from "../clusters/systems/patroni/patroni.ts";
import { postgres } from "../clusters/systems/postgres/postgres.ts";
import { rabbitmq } from "../clusters/systems/rabbitmq/rabbitmq.ts";
import { redis } from "../clusters/systems/redis/redis.ts";
import { systemDefinitions } from "../clusters/systems/registry.ts";
import { tarantool } from "../clusters/systems/tarantool/tarantool.ts";
import { zookeeper } from "../clusters/systems/zookeeper/zookeeper.ts";
import type { SystemDefinition } from "../harness/actor.ts";
import { type Claim, linearizable } from "../harness/claim.ts";
import type { Client } from "../harness/client.ts";
import type { Cluster } from "../harness/cluster.ts";
import type { DatabaseDefinition } from "../harness/database.ts";
import { HarnessError } from "../harness/errors.ts";
import type { OptionSpec, Settings } from "../harness/options.ts";

/** Something that can be put to the test: a system of actors (three witnesses) or somebody's database (one). */
export interface Subject {
  readonly name: string;
  readonly summary: string;
  readonly role: "product" | "twin" | "fixture" | "database";
  readonly options: readonly OptionSpec[];
  /** Kinds of clusters, the default first. */
  readonly clusters: readonly ClusterKind[];
  readonly workloads: readonly string[];
  /** How many nodes it has, where that cannot be chosen. */
  readonly nodes?: number;
  readonly nodesMax?: number;
  /** What its users may expect, in force with these settings. */
  claim(settings: Settings): Claim;
  /** Options of workloads that follow from these settings, where a workload has them. */
  workloadDefaults?(settings: Settings): Settings;
  /** For explore, simulate and compare; absent for a database. */
  readonly model?: SystemDefinition;
  deploy(settings: Settings, place: Place): Deployment;
}
export type ClusterKind = "local" | "docker" | "simulated";
export interface Place {
  readonly kind: ClusterKind;
  readonly nodes: number;
  /** Client threads in all. */
  readonly concurrency: number;
  /** Labels what is made; letters, digits and dashes. */
  readonly runId: string;
  /** Name of the object that the workload works on. */
  readonly object: string;
}
export interface Deployment {
  readonly cluster: Cluster;
  readonly client: Client;
}

/** Every system that `run` knows, in the order in which they are listed. */
export const subjects: readonly Subject[] = [...systemDefinitions.filter((definition) => definition.role !== "fixture").map(actorSubject), ...[etcd, postgres, patroni, mariadb, galera, redis, rabbitmq, zookeeper, nats, tarantool].map(databaseSubject)];

/** The subject of that name; `UNKNOWN_NAME` lists those that exist. */
export function findSubject(name: string): Subject {
  const found = subjects.find((subject) => subject.name === name);
  if (found !== undefined) return found;
  throw new HarnessError("UNKNOWN_NAME", `no system ${JSON.stringify(name)} (there are ${subjects.map((subject) => subject.name).join(", ")})`, {
    nextStep: "see `rashomon list systems`",
  });
}

function actorSubject(definition: SystemDefinition): Subject {
  return {
    name: definition.name,
    summary: definition.summary,
    role: definition.role,
    options: definition.options,
    clusters: ["local", "simulated", "docker"],
    // A system without a workload is deployed in rounds (`compare`) only.
    workloads: definition.workloads ?? ["register"],
    claim: (settings) => linearizable(definition.make(settings).spec.name, "the system's own definition"),
    model: definition,
    deploy(settings, place) {
      const made = { definition, settings: { ...settings, servers: place.nodes } };
      return {
        cluster: place.kind === "docker" ? dockerActors({ ...made, nodes: place.nodes, runId: place.runId, clientLinks: Math.ceil(place.concurrency / place.nodes) }) : localCluster(made),
        client: actorClient(),
      };
    },
  };
}

/** The system of that name, or the service that the definition file of that name describes. */
export async function subjectNamed(name: string, own: Pick<OwnPlace, "adoptedFaults">): Promise<Subject> {
  if (!isDefinitionFile(name)) return findSubject(name);
  const { service, folder } = await loadService(name);
  const { ownDatabase } = await import("../clusters/own/own-service.ts");
  return databaseSubject(ownDatabase(service, { folder, ...own }));
}

function databaseSubject(definition: DatabaseDefinition & { readonly nodes?: number }): Subject {
  return {
    ...(definition.nodes === undefined ? {} : { nodes: definition.nodes }),
    ...(definition.nodesMax === undefined ? {} : { nodesMax: definition.nodesMax }),
    name: definition.name,
    summary: definition.summary,
    role: "database",
    options: definition.options,
    clusters: definition.clusters,
    workloads: definition.workloads,
    claim: (settings) => definition.claim(settings),
    ...(definition.workloadDefaults === undefined ? {} : { workloadDefaults: (settings) => definition.workloadDefaults!(settings) }),
    deploy: (settings, place) => ({ cluster: definition.cluster(settings, place), client: definition.client(settings, place.object) }),
  };
}
