import type { DatabaseDefinition } from "../../../harness/database.ts";
import { HarnessError } from "../../../harness/errors.ts";
import { type Settings, textOf } from "../../../harness/options.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import type { DockerSystem } from "../../docker/docker-system.ts";
import { dockerfileBeside } from "../../docker/image.ts";
import { appendsOf } from "../sql/appends.ts";
import { sqlClient } from "../sql/client.ts";
import { mariadbDialect } from "./dialect.ts";
import { serves, timeMs } from "./look.ts";
import { claimedModel, mariadbClaim, mariadbOptions, sessionStatements } from "./options.ts";
import { commonLines, mariadbDaemon, mariadbDataFolder, mariadbSetUp } from "./set-up.ts";

/** MariaDB 10.11, one server: what its transactions promise without any replication. */
export const mariadb: DatabaseDefinition = {
  name: "mariadb",
  summary: "MariaDB 10.11 in Docker, a single server (--nodes 1); isolation and snapshot-isolation as set",
  options: mariadbOptions,
  nodesMax: 1,
  clusters: ["docker"],
  workloads: ["register", "kv", "set", "list-append", "rw-register"],
  claim: (settings) => mariadbClaim(settings, "MariaDB's documents, SET TRANSACTION; innodb_snapshot_isolation"),
  workloadDefaults: (settings) => ({ consistency: claimedModel(settings) }),
  cluster(settings, place) {
    if (place.nodes !== 1) throw new HarnessError("BAD_OPTION", `mariadb is a single server, not ${place.nodes} nodes`, { nextStep: "use --nodes 1, or the system galera" });
    return dockerCluster({ system: mariadbSystem(settings), nodes: 1, runId: place.runId });
  },
  client: (settings, object) => sqlClient({ dialect: mariadbDialect(sessionStatements(settings)), object, appends: appendsOf(settings) }),
};

function mariadbSystem(settings: Settings): DockerSystem {
  return {
    name: "mariadb",
    dockerfile: dockerfileBeside(import.meta.url, "."),
    clientPort: 3306,
    peers: { reachedBy: "address", ports: [] },
    settings,
    probe: { peerPort: 3306, peer: { tcp: "" }, clients: { tcp: "" } },
    clock: { process: "mariadbd", resolutionMs: 1, ask: timeMs },
    roles: [],
    dataFolders: [mariadbDataFolder],
    version: { argv: ["/usr/sbin/mariadbd", "--version"], pattern: /\d+\.\d+\.\d+/ },
    setUp: () => mariadbSetUp({ ...commonLines, innodb_flush_log_at_trx_commit: textOf(settings, "flush-log-at-commit") }),
    daemons: () => [mariadbDaemon()],
    serves,
    disagreement: async (at, signal) => {
      for (const [node, lookout] of at) if (!(await serves(lookout, signal))) return `${node} does not answer`;
      return undefined;
    },
    holders: async () => [],
  };
}
