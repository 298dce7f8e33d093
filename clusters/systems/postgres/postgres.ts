import type { Claim } from "../../../harness/claim.ts";
import type { DatabaseDefinition } from "../../../harness/database.ts";
import { type OptionSpec, type Settings, textOf } from "../../../harness/options.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import { appendsOf, appendsOption } from "../sql/appends.ts";
import { sqlClient } from "../sql/client.ts";
import { postgresDialect } from "./dialect.ts";
import { postgresSystem } from "./system.ts";

/** PostgreSQL 15: one primary and, with more than one node, standbys that stream from it and answer reads. */
export const postgres: DatabaseDefinition = {
  name: "postgres",
  summary: "PostgreSQL 15 in Docker: n1 is the primary, other nodes are streaming replicas that answer reads; isolation as set",
  options: [
    ...isolationOptions(),
    {
      name: "replication",
      kind: "choice",
      choices: ["asynchronous", "flushed", "applied"],
      default: "asynchronous",
      reason: "PostgreSQL's own default: COMMIT waits for no replica; flushed and applied wait until one has it on disk, or shows it",
    },
    appendsOption("one-statement", "an upsert that the server works out; read-then-write is an application that reads, computes and writes back"),
    { name: "fsync", kind: "choice", choices: ["on", "off"], default: "on", reason: "PostgreSQL's own default: what was committed survives a crash" },
  ],
  clusters: ["docker"],
  workloads: ["register", "kv", "set", "list-append", "rw-register", "long-fork"],
  claim: isolationClaim,
  workloadDefaults: (settings) => ({ consistency: claimedModel(settings) }),
  cluster: (settings, place) => dockerCluster({ system: postgresSystem(settings), nodes: place.nodes, runId: place.runId }),
  client: (settings, object) => sqlClient({ dialect: postgresDialect(textOf(settings, "isolation").replaceAll("-", " ")), object, appends: appendsOf(settings) }),
};

/** What every PostgreSQL lets its clients choose. */
export function isolationOptions(): readonly OptionSpec[] {
  return [
    {
      name: "isolation",
      kind: "choice",
      choices: ["read-committed", "repeatable-read", "serializable"],
      default: "read-committed",
      reason: "PostgreSQL's own default; repeatable-read is snapshot isolation there",
    },
  ];
}

/** The model that the documents promise for the isolation level, as the transactional checker names it. */
export function claimedModel(settings: Settings): string {
  const isolation = textOf(settings, "isolation");
  return isolation === "repeatable-read" ? "snapshot-isolation" : isolation;
}

export function isolationClaim(settings: Settings): Claim {
  const isolation = textOf(settings, "isolation");
  const texts: { readonly [isolation: string]: string } = {
    "read-committed": "a transaction sees only what was committed, and each statement a snapshot of its own",
    "repeatable-read": "a transaction sees one snapshot, and of two that change the same row only one commits",
    serializable: "transactions that commit have the effect of some order of one after the other",
  };
  return {
    text: texts[isolation]!,
    model: claimedModel(settings),
    lattice: "serializable implies snapshot isolation, which implies read committed; none of them speaks of real time",
    source: "PostgreSQL 15's documents, 13.2 Transaction Isolation",
  };
}
