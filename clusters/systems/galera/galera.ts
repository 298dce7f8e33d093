import type { DatabaseDefinition } from "../../../harness/database.ts";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import { shutDown } from "../../docker/daemon.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import { countedByMost } from "../../docker/counted-by-most.ts";
import type { DockerSystem, MembershipOperations } from "../../docker/docker-system.ts";
import { mariadbDialect } from "../mariadb/dialect.ts";
import { clusterDisagreement, membersSeenBy, servesInCluster, timeMs } from "../mariadb/look.ts";
import { claimedModel, mariadbClaim, mariadbOptions, sessionStatements } from "../mariadb/options.ts";
import { commonLines, isFirst, mariadbDaemon, mariadbDataFolder, mariadbSetUp } from "../mariadb/set-up.ts";
import { imageOf } from "../mariadb/versions.ts";
import { appendsOf } from "../sql/appends.ts";
import { sqlClient } from "../sql/client.ts";
import { programsOf, versionChoices } from "../two-versions.ts";
import { galeraVersions, starters } from "./versions.ts";

/** MariaDB with Galera 4: every node takes writes, and certifies every transaction in one order. */
export const galera: DatabaseDefinition = {
  name: "galera",
  summary: "MariaDB 10.11 or 11.8 with Galera 4 in Docker: every node takes writes; isolation, snapshot-isolation and sync-wait as set",
  options: [
    {
      name: "version",
      kind: "choice",
      choices: versionChoices(galeraVersions),
      default: galeraVersions.older.name,
      reason: "what Debian 12 packages; 11.8 comes from Debian 13, mixed has it on the last node only, rolling has it wherever a server is started again",
    },
    ...mariadbOptions,
    {
      name: "sync-wait",
      kind: "integer",
      unit: "mask of statements",
      default: 0,
      min: 0,
      max: 15,
      reason: "Galera's own default of wsrep_sync_wait: no statement waits; 1 makes reads wait until the node has applied what was committed before them",
    },
  ],
  clusters: ["docker"],
  workloads: ["register", "kv", "set", "list-append", "rw-register"],
  claim: (settings) => mariadbClaim(settings, "MariaDB's documents, SET TRANSACTION; Galera's, \"Isolation levels\": a cluster gives what a single server gives, up to snapshot isolation"),
  workloadDefaults: (settings) => ({ consistency: claimedModel(settings) }),
  cluster: (settings, place) => dockerCluster({ system: galeraSystem(settings), nodes: place.nodes, runId: place.runId, healthyMsMax: 60_000 }),
  client: (settings, object) =>
    sqlClient({ dialect: mariadbDialect([...sessionStatements(settings), `set session wsrep_sync_wait = ${numberOf(settings, "sync-wait")}`]), object, appends: appendsOf(settings) }),
};

/**
 * A node that shuts down leaves its group, which is then one smaller and whole. One that comes back has either what it
 * had (an incremental transfer) or, as here, nothing: it copies all of a donor's state.
 */
const galeraMembership: MembershipOperations = {
  members: (at, signal) => countedByMost(at, (lookout) => membersSeenBy(lookout, signal)),
  leave: () => [shutDown(mariadbDaemon({ program: galeraVersions.older.program }))],
};

/** Group communication, incremental and full state transfer. */
const peerPorts = [4567, 4568, 4444];

/**
 * The first node begins a cluster, the others join it one after the other, each copying the state of one that is in.
 * Members tell each other their addresses, so what they dial is redirected into the proxies. A member that is silent is
 * suspected after 2 s in place of Galera's 5, which needs more frequent signs of life than its own 1 s.
 */
function galeraSystem(settings: Settings): DockerSystem {
  const version = textOf(settings, "version");
  return {
    name: "galera",
    ...imageOf(version),
    clientPort: 3306,
    peers: { reachedBy: "address", ports: peerPorts },
    settings,
    probe: { peerPort: 4567, peer: { tcp: "" }, clients: { tcp: "" } },
    clock: { process: "mariadbd", resolutionMs: 1, ask: timeMs },
    roles: [],
    dataFolders: [mariadbDataFolder],
    membership: galeraMembership,
    start: "one by one",
    setUp: (place) => {
      const setUp = mariadbSetUp(place, version, {
        ...commonLines,
        innodb_flush_log_at_trx_commit: textOf(settings, "flush-log-at-commit"),
        binlog_format: "ROW",
        innodb_autoinc_lock_mode: 2,
        wsrep_on: "ON",
        wsrep_provider: "/usr/lib/galera/libgalera_smm.so",
        wsrep_provider_options: '"gcache.size=32M;evs.keepalive_period=PT0.5S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT5S;evs.inactive_check_period=PT0.5S"',
        wsrep_cluster_name: place.runId.slice(0, 32),
        wsrep_cluster_address: `gcomm://${place.all.map(({ address }) => address).join(",")}`,
        wsrep_node_name: place.node.id,
        wsrep_node_address: place.node.address,
        wsrep_sst_method: "rsync",
        wsrep_slave_threads: 2,
      });
      return { ...setUp, files: [...(setUp.files ?? []), ...starters] };
    },
    daemons: (place) => [mariadbDaemon({ ...programsOf(version, galeraVersions, place), ...(isFirst(place) ? { firstArgs: ["--wsrep-new-cluster"] } : {}) })],
    serves: servesInCluster,
    disagreement: clusterDisagreement,
    holders: async () => [],
  };
}
