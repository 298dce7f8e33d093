import type { DatabaseDefinition } from "../../../harness/database.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import { redisClient } from "./client.ts";
import { versionChoices } from "../two-versions.ts";
import { redisSystem } from "./system.ts";
import { redisVersions } from "./versions.ts";

/** Redis under Sentinel: asynchronous replication, and a failover that a quorum of Sentinels agrees on. */
export const redis: DatabaseDefinition = {
  name: "redis",
  summary: "Redis 7.0 or 8.0 under Sentinel in Docker: asynchronous replication, failover by a quorum; processes redis and sentinel",
  options: [
    {
      name: "version",
      kind: "choice",
      choices: versionChoices(redisVersions.redis),
      default: redisVersions.redis.older.name,
      reason: "what Debian 12 packages; 8.0 comes from Debian 13, mixed has it on the last node only, rolling has it wherever Redis is started again",
    },
    {
      name: "reads",
      kind: "choice",
      choices: ["primary", "any-node"],
      default: "primary",
      reason: "what a client does that asks Sentinel for the primary; any-node lets replicas answer, whose copy may be old",
    },
    { name: "wait", kind: "integer", unit: "replicas", default: 0, min: 0, max: 10, reason: "Redis' own way: a write is acknowledged before any replica has it; N follows each write with WAIT N" },
    { name: "min-replicas-to-write", kind: "integer", unit: "replicas", default: 0, min: 0, max: 10, reason: "Redis' own default: a primary without replicas takes writes" },
    { name: "min-replicas-max-lag", kind: "integer", unit: "s", default: 10, min: 1, max: 3600, reason: "Redis' own default: a replica that was heard of within this time counts" },
    { name: "appendfsync", kind: "choice", choices: ["everysec", "always", "no"], default: "everysec", reason: "Redis' own default of its append-only file, which is on; always is on disk before the answer" },
    { name: "quorum", kind: "integer", unit: "Sentinels", default: 2, min: 1, max: 10, reason: "a majority of three: so many must miss the primary before one of them may replace it" },
    { name: "down-after", kind: "integer", unit: "ms", default: 2_000, min: 100, max: 600_000, reason: "Sentinel's own is 30 s, which no short run survives; the shorter, the more failovers, not other ones" },
    { name: "failover-timeout", kind: "integer", unit: "ms", default: 5_000, min: 1_000, max: 3_600_000, reason: "Sentinel's own is 3 minutes; twice this time passes before a failover is tried again" },
  ],
  clusters: ["docker"],
  workloads: ["register", "kv", "set"],
  claim: () => ({
    text: "while no primary is replaced, operations on a key are as if there were a single copy; a failover may lose acknowledged writes",
    model: "linearizability",
    source: "Redis' documents, \"High availability with Redis Sentinel\": Sentinel and asynchronous replication do not guarantee that acknowledged writes are kept during failures",
  }),
  cluster: (settings, place) => dockerCluster({ system: redisSystem(settings), nodes: place.nodes, runId: place.runId, healthyMsMax: 60_000 }),
  client: redisClient,
};
