import type { DatabaseDefinition } from "../../../harness/database.ts";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import { appendsOf, appendsOption } from "../sql/appends.ts";
import { sqlClient } from "../sql/client.ts";
import { postgresDialect } from "./dialect.ts";
import { claimedModel, clientOptions, connectionsOf, isolationClaim } from "./options.ts";
import type { PostgresConnections } from "./session.ts";
import { postgresSystem } from "./system.ts";
import { versionOption } from "./versions.ts";

/** PostgreSQL: one primary and, with more than one node, standbys that stream from it and answer reads. */
export const postgres: DatabaseDefinition = {
  name: "postgres",
  summary: "PostgreSQL 13, 15 or 17 in Docker: n1 is the primary, other nodes are streaming replicas that answer reads; isolation as set",
  options: [
    versionOption,
    ...clientOptions,
    {
      name: "replication",
      kind: "choice",
      choices: ["asynchronous", "flushed", "applied"],
      default: "asynchronous",
      reason: "PostgreSQL's own default: COMMIT waits for no replica; flushed and applied wait until one has it on disk, or shows it",
    },
    {
      name: "synchronous-commit",
      kind: "choice",
      choices: ["alike", "local-in-half", "off-in-half"],
      default: "alike",
      reason: "every client waits as `replication` says; else every other pair of clients does not, as the documents offer for what may be lost: local waits for no standby, off not even for the own disk",
    },
    {
      name: "target-session-attrs",
      kind: "choice",
      choices: ["any", "primary"],
      default: "any",
      reason: "libpq's own default: a client uses the server that it finds; with primary, clients of standbys give their connections up again",
    },
    appendsOption("one-statement", "an upsert that the server works out; read-then-write is an application that reads, computes and writes back"),
    { name: "list-tables", kind: "integer", unit: "tables", default: 1, min: 1, max: 10, reason: "one table of lists; with more, transactions write to several, each with an index of its own" },
    { name: "fsync", kind: "choice", choices: ["on", "off"], default: "on", reason: "PostgreSQL's own default: what was committed survives a crash" },
  ],
  clusters: ["docker"],
  workloads: ["register", "kv", "set", "list-append", "rw-register", "long-fork"],
  claim: isolationClaim,
  workloadDefaults: (settings) => ({ consistency: claimedModel(settings) }),
  cluster: (settings, place) => dockerCluster({ system: postgresSystem(settings), nodes: place.nodes, runId: place.runId }),
  client: (settings, object) => sqlClient({ dialect: postgresDialect({ connections: replicatedConnectionsOf(settings), listTables: numberOf(settings, "list-tables") }), object, appends: appendsOf(settings) }),
};

/** What clients choose beside a primary that they know. Pairs, so that each of two nodes has clients of both kinds. */
function replicatedConnectionsOf(settings: Settings): PostgresConnections {
  const { parameters, ...connections } = connectionsOf(settings);
  const [commit] = textOf(settings, "synchronous-commit").split("-") as ["alike" | "local" | "off"];
  const relaxed = (thread: number): boolean => commit !== "alike" && Math.floor(thread / 2) % 2 === 1;
  return {
    ...connections,
    servers: textOf(settings, "target-session-attrs") === "primary" ? "primary" : "any",
    parameters: (thread) => ({ ...parameters?.(thread), ...(relaxed(thread) ? { synchronous_commit: commit } : {}) }),
  };
}
