import type { DatabaseDefinition } from "../../../harness/database.ts";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import { shutDown } from "../../docker/daemon.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import { countedByMost } from "../../docker/counted-by-most.ts";
import type { DockerSystem, MembershipOperations, NodeFile } from "../../docker/docker-system.ts";
import { dockerfileBeside } from "../../docker/image.ts";
import { mariadbDialect } from "../mariadb/dialect.ts";
import { clusterDisagreement, membersSeenBy, servesInCluster, timeMs } from "../mariadb/look.ts";
import { claimedModel, mariadbClaim, mariadbOptions, sessionStatements } from "../mariadb/options.ts";
import { commonLines, isFirst, mariadbDaemon, mariadbDataFolder, mariadbServer, mariadbSetUp } from "../mariadb/set-up.ts";
import { appendsOf } from "../sql/appends.ts";
import { sqlClient } from "../sql/client.ts";

/** MariaDB 10.11 with Galera 4: every node takes writes, and certifies every transaction in one order. */
export const galera: DatabaseDefinition = {
  name: "galera",
  summary: "MariaDB 10.11 with Galera 4 in Docker: every node takes writes; isolation, snapshot-isolation and sync-wait as set",
  options: [
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
  leave: () => [shutDown(mariadbDaemon())],
};

/** Group communication, incremental and full state transfer. */
const peerPorts = [4567, 4568, 4444];

/**
 * The first node begins a cluster, the others join it one after the other, each copying the state of one that is in.
 * Members tell each other their addresses, so what they dial is redirected into the proxies. A member that is silent is
 * suspected after 2 s in place of Galera's 5, which needs more frequent signs of life than its own 1 s.
 */
function galeraSystem(settings: Settings): DockerSystem {
  return {
    name: "galera",
    dockerfile: dockerfileBeside(import.meta.url, "../mariadb"),
    clientPort: 3306,
    peers: { reachedBy: "address", ports: peerPorts },
    settings,
    probe: { peerPort: 4567, peer: { tcp: "" }, clients: { tcp: "" } },
    clock: { process: "mariadbd", resolutionMs: 1, ask: timeMs },
    roles: [],
    dataFolders: [mariadbDataFolder],
    membership: galeraMembership,
    version: { argv: ["/usr/sbin/mariadbd", "--version"], pattern: /\d+\.\d+\.\d+/ },
    start: "one by one",
    setUp: ({ node, all, runId }) => {
      const setUp = mariadbSetUp({
        ...commonLines,
        innodb_flush_log_at_trx_commit: textOf(settings, "flush-log-at-commit"),
        binlog_format: "ROW",
        innodb_autoinc_lock_mode: 2,
        wsrep_on: "ON",
        wsrep_provider: "/usr/lib/galera/libgalera_smm.so",
        wsrep_provider_options: '"gcache.size=32M;evs.keepalive_period=PT0.5S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT5S;evs.inactive_check_period=PT0.5S"',
        wsrep_cluster_name: runId.slice(0, 32),
        wsrep_cluster_address: `gcomm://${all.map(({ address }) => address).join(",")}`,
        wsrep_node_name: node.id,
        wsrep_node_address: node.address,
        wsrep_sst_method: "rsync",
        wsrep_slave_threads: 2,
      });
      return { ...setUp, files: [...(setUp.files ?? []), starter] };
    },
    daemons: (place) => [mariadbDaemon({ program: starter.path, ...(isFirst(place) ? { firstArgs: ["--wsrep-new-cluster"] } : {}) })],
    serves: servesInCluster,
    disagreement: clusterDisagreement,
    holders: async () => [],
  };
}

/**
 * Starts a server with the position in the order of transactions that its tables are at, as Debian's unit does. A node
 * that was killed has not written it down, and would have to copy all of another's state; when all were killed there is
 * none to copy from, and only who tells its position can be taken for the most advanced.
 */
const starter: NodeFile = {
  path: "/opt/rashomon/mariadbd",
  mode: "755",
  content: `#!/bin/sh
if [ -s ${mariadbDataFolder}/grastate.dat ]; then
  position=$(${mariadbServer} "$1" --wsrep-recover --disable-log-error 2>&1 | sed -n 's/.*WSREP: Recovered position:* *//p' | tail -n 1)
fi
exec ${mariadbServer} "$@" \${position:+--wsrep_start_position=$position}
`,
};
