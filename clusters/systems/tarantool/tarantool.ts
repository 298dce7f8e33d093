import { linearizable } from "../../../harness/claim.ts";
import type { DatabaseDefinition } from "../../../harness/database.ts";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import type { DockerSystem } from "../../docker/docker-system.ts";
import { dockerfileBeside } from "../../docker/image.ts";
import { tarantoolClient } from "./client.ts";
import { disagreement, holders, serves, timeMs } from "./look.ts";
import { tarantoolMembership } from "./membership.ts";
import { dataFolder, luaProgram, port } from "./program.ts";

/** Tarantool 2.6: one primary, whose synchronous spaces commit when a quorum has a transaction. It has neither elections nor MVCC yet. */
export const tarantool: DatabaseDefinition = {
  name: "tarantool",
  summary: "Tarantool 2.6 in Docker: a fixed primary with synchronous spaces, and replicas; reads=local answers on replicas too",
  options: [
    { name: "reads", kind: "choice", choices: ["primary", "local"], default: "primary", reason: "a replica that answers reads is behind the primary; it refuses them unless it is asked to" },
    { name: "quorum", kind: "integer", unit: "nodes", default: 2, min: 1, max: 31, reason: "most of three; Tarantool's own default of 1 confirms without a replica. No more than there are nodes" },
    { name: "synchro-timeout", kind: "integer", unit: "ms", default: 5_000, min: 100, max: 600_000, reason: "Tarantool's own default: a transaction without a quorum for that long is rolled back" },
    { name: "replication-timeout", kind: "integer", unit: "ms", default: 1_000, min: 50, max: 60_000, reason: "Tarantool's own default: between two signs of life, and before a lost peer is dialled again" },
  ],
  clusters: ["docker"],
  workloads: ["register", "kv", "set"],
  claim: () => linearizable("key", "Tarantool's documents, \"Synchronous replication\": a transaction of a synchronous space is committed when a quorum has it, else rolled back; what is not committed should not be seen"),
  cluster: (settings, place) => dockerCluster({ system: tarantoolSystem(settings), nodes: place.nodes, runId: place.runId, healthyMsMax: 60_000 }),
  client: (_settings, object) => tarantoolClient(object),
};

const program = "/etc/tarantool/rashomon.lua";

/** Nodes dial addresses of their configuration: what they dial is redirected into the proxies. */
function tarantoolSystem(settings: Settings): DockerSystem {
  return {
    name: "tarantool",
    dockerfile: dockerfileBeside(import.meta.url, "."),
    clientPort: port,
    peers: { reachedBy: "address", ports: [port] },
    settings,
    // A node speaks first, to clients and to peers.
    probe: { peerPort: port, peer: { tcp: "" }, clients: { tcp: "" } },
    clock: { process: "tarantool", resolutionMs: 1, ask: timeMs },
    roles: ["primary", "replica"],
    dataFolders: [dataFolder],
    version: { argv: ["/usr/bin/tarantool", "--version"], pattern: /\d+\.\d+\.\d+/ },
    membership: tarantoolMembership,
    setUp: (place) => ({
      files: [
        {
          path: program,
          content: luaProgram({
            place,
            quorum: Math.min(numberOf(settings, "quorum"), place.all.length),
            synchroTimeoutMs: numberOf(settings, "synchro-timeout"),
            replicationTimeoutMs: numberOf(settings, "replication-timeout"),
            replicasRead: textOf(settings, "reads") === "local",
          }),
        },
      ],
      commands: [{ argv: ["install", "-d", "-o", "tarantool", "-g", "tarantool", dataFolder] }],
    }),
    daemons: () => [{ name: "tarantool", user: "tarantool", program: "/usr/bin/tarantool", args: [program] }],
    serves,
    disagreement,
    holders,
  };
}
