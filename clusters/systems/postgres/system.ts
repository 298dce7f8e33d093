import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import type { DockerNode, DockerSystem, LinkProbe, NodePlace, SetUp } from "../../docker/docker-system.ts";
import { postgresSchema } from "./dialect.ts";
import { disagreement, holders, makeTables, serves, timeMs } from "./look.ts";
import { postgresMembership } from "./membership.ts";
import { binariesOf, imageOf, versionOf } from "./versions.ts";

/**
 * PostgreSQL as Debian packages it. n1 is the primary for good; every other node is a standby that copies it at its
 * first start and streams its log from then on.
 */
export function postgresSystem(settings: Settings): DockerSystem {
  const version = versionOf(settings);
  return {
    name: "postgres",
    ...imageOf(version),
    clientPort: 5432,
    peers: { reachedBy: "name", ports: [5432] },
    settings,
    probe: postgresProbe,
    clock: { process: "postgres", resolutionMs: 1, ask: timeMs },
    roles: ["primary", "leader", "replica"],
    dataFolders: [data],
    membership: postgresMembership,
    setUp: (place) => setUp(place, binariesOf(version)),
    daemons: ({ node, all }) => [
      {
        name: "postgres",
        user: "postgres",
        program: starter,
        args: Object.entries({
          // Peers' proxies have the same port at 127.0.1.x.
          listen_addresses: `${node.address},127.0.0.1`,
          shared_buffers: "64MB",
          max_connections: "200",
          fsync: textOf(settings, "fsync"),
          ...standbysOf(settings, all),
        }).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      },
    ],
    serves,
    prepare: (at, signal) => makeTables(postgresSchema(numberOf(settings, "list-tables")), at, signal),
    disagreement,
    holders,
  };
}

const data = "/var/lib/postgresql/data";
/** Called as the server is: by that name its process is known before and after it becomes the server. */
const starter = "/opt/rashomon/postgres";

/** A connection is asked for: any living server answers whether it wants TLS, at once. Padded, so that slow links show. */
export const postgresProbe: LinkProbe = { peerPort: 5432, peer: { tcp: startupMessage() }, clients: { tcp: startupMessage() } };

function standbysOf(settings: Settings, all: readonly DockerNode[]): { readonly [name: string]: string } {
  if (textOf(settings, "replication") === "asynchronous" || all.length === 1) return {};
  return { synchronous_standby_names: `ANY 1 (${all.slice(1).map(({ id }) => id).join(", ")})`, synchronous_commit: textOf(settings, "replication") === "applied" ? "remote_apply" : "on" };
}

/** The primary's data are made at set-up, a standby's are copied by its first start, when the primary serves. */
function setUp({ node, all }: NodePlace, binaries: string): SetUp {
  const primary = all[0]!;
  const copy = `until ${binaries}/pg_basebackup -d "host=${primary.hostname} user=postgres application_name=${node.id}" -D ${data} -R --checkpoint=fast; do sleep 0.1; done`;
  const make = [
    { argv: [`${binaries}/initdb`, "-D", data, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"], user: "postgres" },
    { argv: ["sh", "-c", `printf 'host all all 0.0.0.0/0 trust\\nhost replication all 0.0.0.0/0 trust\\n' >> ${data}/pg_hba.conf`] },
  ];
  return {
    files: [{ path: starter, mode: "755", content: `#!/bin/sh\n[ -s ${data}/PG_VERSION ] || ${copy}\nexec ${binaries}/postgres -D ${data} "$@"\n` }],
    commands: [{ argv: ["install", "-d", "-o", "postgres", "-g", "postgres", "-m", "700", data] }, ...(node === primary ? make : [])],
  };
}

/** Protocol 3.0, with a user that is asked to say who it is, or let in: an answer either way. 8 KB, of at most 10. */
function startupMessage(): string {
  const body = `\0\x03\0\0user\0postgres\0application_name\0${"x".repeat(8000)}\0\0`;
  const length = body.length + 4;
  return String.fromCharCode((length >> 24) & 255, (length >> 16) & 255, (length >> 8) & 255, length & 255) + body;
}
