import { linearizable } from "../../../harness/claim.ts";
import type { DatabaseDefinition } from "../../../harness/database.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import { etcdClient } from "./client.ts";
import { etcdSystem } from "./system.ts";
import { versionChoices } from "../two-versions.ts";
import { etcdVersions } from "./versions.ts";

/** etcd: a replicated key-value store over Raft. Its reads are linearizable unless they are asked to be serializable. */
export const etcd: DatabaseDefinition = {
  name: "etcd",
  summary: "etcd 3.4 or 3.5, a key-value store over Raft, in Docker; reads=serializable answers from any node's own copy, stale under a partition",
  options: [
    {
      name: "version",
      kind: "choice",
      choices: versionChoices(etcdVersions),
      default: etcdVersions.older.name,
      reason: "what Debian 12 packages; 3.5 is built with Go, mixed has it on n1 only, rolling has it wherever etcd is started again",
    },
    {
      name: "reads",
      kind: "choice",
      choices: ["linearizable", "serializable"],
      default: "linearizable",
      reason: "etcd's own default: each read confirms the leadership with a quorum",
    },
    {
      name: "heartbeat-interval",
      kind: "integer",
      unit: "ms",
      default: 100,
      min: 10,
      max: 10_000,
      reason: "etcd's own default",
    },
    {
      name: "election-timeout",
      kind: "integer",
      unit: "ms",
      default: 1000,
      min: 100,
      max: 50_000,
      reason: "etcd's own default: an isolated leader is replaced after one to two seconds; must be at least five heartbeats",
    },
    {
      name: "snapshot-count",
      kind: "integer",
      unit: "transactions",
      default: 1000,
      min: 10,
      max: 1_000_000,
      reason: "etcd's own is 100,000, which no short run reaches; 1,000 makes a node that was away catch up by snapshot now and then",
    },
    {
      name: "set-guard",
      kind: "choice",
      choices: ["lock", "fenced-lock"],
      default: "lock",
      reason: "as applications use etcd's lock; fenced-lock makes a write under the lock only if the lock's key still exists",
    },
  ],
  clusters: ["docker"],
  workloads: ["register", "kv", "set", "watch"],
  claim: () => linearizable("key", "etcd's documents, \"KV API guarantees\": operations are linearizable by default; serializable reads give up real time, which the default promise is held against"),
  cluster: (settings, place) => dockerCluster({ system: etcdSystem(settings), nodes: place.nodes, runId: place.runId }),
  client: etcdClient,
};
