import type { DatabaseDefinition } from "../../../harness/database.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import { postgresDialect } from "../postgres/dialect.ts";
import { claimedModel, clientOptions, connectionsOf, isolationClaim } from "../postgres/options.ts";
import { sqlClient } from "../sql/client.ts";
import { versionChoices } from "../two-versions.ts";
import { patroniSystem } from "./system.ts";
import { patroniVersions } from "./versions.ts";

/** PostgreSQL under Patroni on etcd: when the primary's lock runs out, a standby becomes the primary. */
export const patroni: DatabaseDefinition = {
  name: "patroni",
  summary: "PostgreSQL under Patroni (15 under 3.0, 17 under 4.0) on etcd, in Docker: failover by a lock in etcd; processes etcd, patroni and postgres",
  options: [
    {
      name: "version",
      kind: "choice",
      choices: versionChoices(patroniVersions),
      default: patroniVersions.older.name,
      reason: "what Debian 12 packages, with PostgreSQL 15 and etcd 3.4; 4.0 is Debian 13's, with PostgreSQL 17 and etcd 3.5; mixed has it on n1, rolling wherever Patroni is started again, both over PostgreSQL 15",
    },
    ...clientOptions,
    { name: "synchronous-mode", kind: "boolean", default: false, reason: "Patroni's own default: COMMIT waits for no standby; true makes it wait for the one that may take over" },
    {
      name: "etcd-api",
      kind: "choice",
      choices: ["v3", "v2"],
      default: "v3",
      reason: "what is used with etcd 3; by v3, Patroni 3.0.2 renews its leader's key without asking whether it still is its own; by v2 it asks, and 4.0.7 by both",
    },
    { name: "ttl", kind: "integer", unit: "s", default: 20, min: 20, max: 600, reason: "Patroni's least; its own default of 30 makes a failover longer, not different" },
    { name: "loop-wait", kind: "integer", unit: "s", default: 2, min: 1, max: 60, reason: "Patroni's own is 10; with ttl 20 the rule loop-wait + 2 × retry-timeout ≤ ttl must hold" },
    { name: "retry-timeout", kind: "integer", unit: "s", default: 5, min: 3, max: 60, reason: "Patroni's own is 10; see loop-wait" },
    { name: "maximum-lag-on-failover", kind: "integer", unit: "bytes", default: 1_048_576, min: 0, reason: "Patroni's own default: what may be lost in a failover without being asked" },
  ],
  clusters: ["docker"],
  workloads: ["register", "kv", "set", "list-append", "rw-register"],
  claim: (settings) => ({
    ...isolationClaim(settings),
    source: "PostgreSQL's documents, 13.2 Transaction Isolation; Patroni's, \"Replication modes\", say that an asynchronous failover may lose commits",
  }),
  workloadDefaults: (settings) => ({ consistency: claimedModel(settings) }),
  cluster: (settings, place) => dockerCluster({ system: patroniSystem(settings), nodes: place.nodes, runId: place.runId, healthyMsMax: 60_000 }),
  client: (settings, object) => sqlClient({ dialect: postgresDialect({ connections: connectionsOf(settings) }), object, appends: "one-statement" }),
};
