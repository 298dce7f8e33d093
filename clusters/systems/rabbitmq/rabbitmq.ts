import type { DatabaseDefinition } from "../../../harness/database.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import { rabbitClient } from "./client.ts";
import { rabbitSystem } from "./system.ts";
import { versionOption } from "./versions.ts";

/** RabbitMQ: one durable queue with publisher confirms, kept by Raft or mirrored. */
export const rabbitmq: DatabaseDefinition = {
  name: "rabbitmq",
  summary: "RabbitMQ 3.10 or 4.0 in Docker: one queue, by Raft or mirrored, with publisher confirms; what parted nodes do as set",
  options: [
    versionOption,
    { name: "queue", kind: "choice", choices: ["quorum", "mirrored"], default: "quorum", reason: "what RabbitMQ's documents recommend for data that matters; mirrored classic queues are deprecated, and in wide use" },
    {
      name: "partition-handling",
      kind: "choice",
      choices: ["ignore", "pause-minority", "autoheal"],
      default: "ignore",
      reason: "RabbitMQ's own default of cluster_partition_handling: both sides go on, and an operator restarts one of them afterwards",
    },
    { name: "net-ticktime", kind: "integer", unit: "s", default: 8, min: 4, max: 600, reason: "Erlang's own is 60: a silent peer is taken for gone after up to 5/4 of it; 8 shows a partition within a short run" },
  ],
  clusters: ["docker"],
  workloads: ["queue"],
  claim: () => ({
    text: "a message whose publish was confirmed is delivered at least once",
    model: "at-least-once queue",
    source: "RabbitMQ's documents, \"Consumer Acknowledgements and Publisher Confirms\", \"Quorum Queues\"; \"Clustering and Network Partitions\" says that ignore and autoheal may lose what one side had",
  }),
  cluster: (settings, place) => dockerCluster({ system: rabbitSystem(settings), nodes: place.nodes, runId: place.runId, healthyMsMax: 120_000 }),
  client: rabbitClient,
};
