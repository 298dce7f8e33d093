import { StorageType } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import type { DockerSystem, Lookout, NodePlace } from "../../docker/docker-system.ts";
import { programsOf } from "../two-versions.ts";
import { disagreement, holders, monitoringPort, serves, timeMs } from "./look.ts";
import { accountLines, natsMembership } from "./membership.ts";
import { imageOf, natsVersions } from "./versions.ts";
import { bucketName, elementsStream, openNats } from "./session.ts";

const routePort = 6222;
const configuration = "/etc/nats/server.conf";
const dataFolder = "/var/lib/nats";
/** JetStream 2.9 syncs its files every two minutes, and cannot be told otherwise. */
const syncMs = 120_000;

/** NATS as Debian packages it. Servers tell each other, and clients, their addresses: what they dial is redirected into the proxies. */
export function natsSystem(settings: Settings): DockerSystem {
  const version = textOf(settings, "version");
  return {
    name: "nats",
    ...imageOf(version),
    clientPort: 4222,
    lookingPorts: [monitoringPort],
    peers: { reachedBy: "address", ports: [routePort] },
    settings,
    // A server speaks first, to clients and to peers.
    probe: { peerPort: routePort, peer: { tcp: "" }, clients: { tcp: "" } },
    clock: { process: "nats", resolutionMs: 1, ask: timeMs },
    roles: ["leader", "kv-leader", "meta-leader"],
    dataFolders: [dataFolder],
    unsyncedMs: syncMs,
    membership: natsMembership,
    setUp: (place) => ({ files: [{ path: configuration, content: configurationOf(place) }] }),
    daemons: (place) => [{ name: "nats", user: "root", ...programsOf(version, natsVersions, place), args: ["-c", configuration] }],
    serves,
    prepare: async (at, signal) => await makeStreams([...at.values()], settings, signal),
    disagreement,
    holders,
  };
}

function configurationOf({ node, all, runId }: NodePlace): string {
  const lines = [
    `server_name: ${node.id}`,
    "port: 4222",
    `http_port: ${monitoringPort}`,
    `jetstream { store_dir: ${dataFolder}, max_memory_store: 256MB, max_file_store: 1GB }`,
    ...accountLines,
  ];
  // A server alone has no cluster: JetStream would wait for its peers.
  if (all.length > 1) {
    const routes = all.map(({ address }) => `nats://${address}:${routePort}`).join(", ");
    lines.push(`cluster { name: "${runId}", listen: "0.0.0.0:${routePort}", routes: [${routes}], cluster_advertise: "${node.address}:${routePort}" }`);
  }
  return `${lines.join("\n")}\n`;
}

/** The stream of a set's elements, and the bucket. */
async function makeStreams(at: readonly Lookout[], settings: Settings, signal: AbortSignal): Promise<void> {
  const replicas = Math.min(numberOf(settings, "replicas"), at.length);
  const storage = textOf(settings, "storage") === "memory" ? StorageType.Memory : StorageType.File;
  const session = await openNats(at[0]!, { directGets: false, signal });
  try {
    await session.answered(session.manager.streams.add({ name: elementsStream, subjects: [elementsStream], num_replicas: replicas, storage }));
    await session.answered(new Kvm(session.stream).create(bucketName, { replicas, storage, allow_direct: true }));
  } finally {
    session.end();
  }
}
