import { linearizable } from "../../../harness/claim.ts";
import type { DatabaseDefinition } from "../../../harness/database.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import { natsClient } from "./client.ts";
import { versionChoices } from "../two-versions.ts";
import { natsVersions } from "./versions.ts";
import { natsSystem } from "./system.ts";

/** NATS 2.9 with JetStream: streams and key-value buckets, each replicated by a Raft group of its own. */
export const nats: DatabaseDefinition = {
  name: "nats",
  summary: "NATS 2.9 or 2.10 JetStream in Docker: a stream (set) and a key-value bucket (register, kv), replicated by Raft; reads=direct answers from any replica",
  options: [
    {
      name: "version",
      kind: "choice",
      choices: versionChoices(natsVersions),
      default: natsVersions.older.name,
      reason: "what Debian 12 packages; 2.10 is built with Go, mixed has it on n1 only, rolling has it wherever NATS is started again",
    },
    { name: "replicas", kind: "integer", unit: "servers", default: 3, min: 1, max: 5, reason: "what its documents recommend for streams that must survive a server; no more than there are nodes" },
    { name: "storage", kind: "choice", choices: ["file", "memory"], default: "file", reason: "JetStream's own default" },
    { name: "reads", kind: "choice", choices: ["leader", "direct"], default: "leader", reason: "asked of the stream's leader; direct gets, which buckets allow, are answered by any replica" },
  ],
  clusters: ["docker"],
  workloads: ["register", "kv", "set"],
  claim: () => linearizable("key", "NATS documents, \"Consistency\": writes are linearizable within a stream, which acknowledges what a quorum has; direct gets may be stale, which is held against it"),
  cluster: (settings, place) => dockerCluster({ system: natsSystem(settings), nodes: place.nodes, runId: place.runId, healthyMsMax: 60_000 }),
  client: natsClient,
};
