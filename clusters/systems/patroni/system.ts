import { type Settings, booleanOf, numberOf, textOf } from "../../../harness/options.ts";
import type { Daemon, DockerSystem, NodePlace } from "../../docker/docker-system.ts";
import { etcdDataFolder } from "../etcd/membership.ts";
import { etcdDaemon, rangesServed } from "../etcd/system.ts";
import { postgresSchema } from "../postgres/dialect.ts";
import { disagreement, holders, makeTables, serves, timeMs } from "../postgres/look.ts";
import { postgresProbe } from "../postgres/system.ts";
import { restPort, unsettled } from "./look.ts";
import { etcdPort, patroniMembership, scope } from "./membership.ts";
import { releaseOf } from "./versions.ts";

/**
 * Patroni with PostgreSQL and etcd on every node. Patroni holds the leader's lock in etcd, starts PostgreSQL as a
 * primary or a standby, and makes a standby the primary when the lock has run out.
 *
 *     n1  etcd ── patroni ── postgres (primary)      the lock: `ttl` seconds, renewed every `loop-wait`
 *     n2  etcd ── patroni ── postgres (standby)      killing patroni alone leaves its postgres at work
 */
export function patroniSystem(settings: Settings): DockerSystem {
  const { image, postgres, programs } = releaseOf(textOf(settings, "version"));
  const folders = foldersOf(postgres);
  return {
    name: "patroni",
    ...image,
    clientPort: 5432,
    lookingPorts: [restPort, etcdPort],
    peers: { reachedBy: "name", ports: [5432, restPort, etcdPort, 2380] },
    settings,
    probe: postgresProbe,
    clock: { process: "postgres", resolutionMs: 1, ask: timeMs },
    roles: ["primary", "leader", "replica"],
    dataFolders: [folders.data, etcdDataFolder],
    membership: patroniMembership({ patroni, etcdApi: etcdApiOf(settings) }),
    setUp: (place) => ({
      files: [{ path: configuration, content: JSON.stringify(patroniConfiguration(place, { settings, folders }), undefined, 2) }],
      commands: [{ argv: ["install", "-d", "-o", "postgres", "-g", "postgres", "-m", "700", folders.data] }],
    }),
    daemons: (place) => [etcdOf(place, settings), { ...patroni, ...programs(place) }, postgresOf(folders)],
    serves,
    prepare: (at, signal) => makeTables(postgresSchema(), at, signal),
    disagreement: async (at, signal) => (await unsettled(at, signal)) ?? (await disagreement(at, signal)),
    holders,
  };
}

const configuration = "/etc/patroni/rashomon.json";

/** As Debian has them for a version of PostgreSQL. */
interface Folders {
  readonly data: string;
  readonly programs: string;
}
function foldersOf(postgres: number): Folders {
  return { data: `/var/lib/postgresql/${postgres}/patroni`, programs: `/usr/lib/postgresql/${postgres}/bin` };
}

function etcdApiOf(settings: Settings): "v2" | "v3" {
  return textOf(settings, "etcd-api") === "v2" ? "v2" : "v3";
}

/** As etcd runs alone; clients of this one are the Patronis of all nodes. */
function etcdOf(place: NodePlace, settings: Settings): Daemon {
  return {
    ...etcdDaemon(place, {
      heartbeatMs: 100,
      electionMs: 1000,
      snapshotCount: 100_000,
      v2: etcdApiOf(settings) === "v2",
      listen: `http://${place.node.address}:${etcdPort},http://127.0.0.1:${etcdPort}`,
      advertise: `http://${place.node.hostname}:${etcdPort}`,
    }),
    ready: (at, signal) => rangesServed(at.ports.get(etcdPort)!, signal),
  };
}

const patroni: Daemon = { name: "patroni", user: "postgres", program: "/usr/bin/patroni", args: [configuration], env: { HOME: "/var/lib/postgresql" } };
function postgresOf({ data, programs }: Folders): Daemon {
  return { name: "postgres", user: "postgres", program: `${programs}/postgres`, args: [], startedBy: { daemon: "patroni", pidfile: `${data}/postmaster.pid` } };
}

/** Patroni's file: YAML, of which JSON is a part. */
function patroniConfiguration({ node, all }: NodePlace, { settings, folders }: { readonly settings: Settings; readonly folders: Folders }): object {
  const trust = ["host all all 0.0.0.0/0 trust", "host replication all 0.0.0.0/0 trust", "local all all trust"];
  const own = { listen: `${node.address},127.0.0.1:5432`, connect_address: `${node.hostname}:5432` };
  return {
    scope,
    name: node.id,
    restapi: { listen: `${node.address}:${restPort}`, connect_address: `${node.hostname}:${restPort}` },
    [etcdApiOf(settings) === "v3" ? "etcd3" : "etcd"]: { hosts: all.map(({ hostname }) => `${hostname}:${etcdPort}`) },
    bootstrap: {
      dcs: {
        ttl: numberOf(settings, "ttl"),
        loop_wait: numberOf(settings, "loop-wait"),
        retry_timeout: numberOf(settings, "retry-timeout"),
        maximum_lag_on_failover: numberOf(settings, "maximum-lag-on-failover"),
        synchronous_mode: booleanOf(settings, "synchronous-mode"),
        postgresql: {
          use_pg_rewind: true,
          parameters: { max_connections: 100, wal_level: "replica", hot_standby: "on", max_wal_senders: 10, wal_log_hints: "on", fsync: "on", shared_buffers: "64MB" },
        },
      },
      initdb: [{ encoding: "UTF8" }, { locale: "C.UTF-8" }, { "auth-host": "trust" }, { "auth-local": "trust" }, "data-checksums"],
      pg_hba: trust,
    },
    postgresql: {
      ...own,
      data_dir: folders.data,
      bin_dir: folders.programs,
      // A copy otherwise begins with a checkpoint that spreads its work over minutes.
      basebackup: [{ checkpoint: "fast" }],
      authentication: {
        superuser: { username: "postgres", password: "postgres" },
        replication: { username: "replicator", password: "replicator" },
        rewind: { username: "rewinder", password: "rewinder" },
      },
    },
  };
}
