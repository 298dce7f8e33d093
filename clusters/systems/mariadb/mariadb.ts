import type { DatabaseDefinition } from "../../../harness/database.ts";
import { HarnessError } from "../../../harness/errors.ts";
import { type Settings, textOf } from "../../../harness/options.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import type { DockerSystem } from "../../docker/docker-system.ts";
import { appendsOf } from "../sql/appends.ts";
import { sqlClient } from "../sql/client.ts";
import { mariadbDialect } from "./dialect.ts";
import { serves, timeMs } from "./look.ts";
import { claimedModel, mariadbClaim, mariadbOptions, sessionStatements } from "./options.ts";
import { commonLines, mariadbDaemon, mariadbDataFolder, mariadbSetUp } from "./set-up.ts";
import { programsOf, versionChoices } from "../two-versions.ts";
import { imageOf, mariadbVersions } from "./versions.ts";

/** MariaDB, one server: what its transactions promise without any replication. */
export const mariadb: DatabaseDefinition = {
  name: "mariadb",
  summary: "MariaDB 10.11 or 11.8 in Docker, a single server (--nodes 1); isolation and snapshot-isolation as set",
  options: [
    {
      name: "version",
      kind: "choice",
      choices: versionChoices(mariadbVersions).filter((choice) => choice !== "mixed"),
      never: { mixed: "a single server is of one version; the system galera has several" },
      default: mariadbVersions.older.name,
      reason: "what Debian 12 packages; 11.8 comes from Debian 13, rolling has it when the server is started again",
    },
    ...mariadbOptions,
  ],
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
  const version = textOf(settings, "version");
  return {
    name: "mariadb",
    ...imageOf(version),
    clientPort: 3306,
    peers: { reachedBy: "address", ports: [] },
    settings,
    probe: { peerPort: 3306, peer: { tcp: "" }, clients: { tcp: "" } },
    clock: { process: "mariadbd", resolutionMs: 1, ask: timeMs },
    roles: [],
    dataFolders: [mariadbDataFolder],
    setUp: (place) => mariadbSetUp(place, version, { ...commonLines, innodb_flush_log_at_trx_commit: textOf(settings, "flush-log-at-commit") }),
    daemons: (place) => [mariadbDaemon(programsOf(version, mariadbVersions, place))],
    serves,
    disagreement: async (at, signal) => {
      for (const [node, lookout] of at) if (!(await serves(lookout, signal))) return `${node} does not answer`;
      return undefined;
    },
    holders: async () => [],
  };
}
