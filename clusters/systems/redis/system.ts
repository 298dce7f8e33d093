import { createHash } from "node:crypto";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import type { DockerNode, DockerSystem, NodePlace } from "../../docker/docker-system.ts";
import { programsOf } from "../two-versions.ts";
import { disagreement, holders, sentinelPort, sentinelServes, serves, timeMs, watchedName } from "./look.ts";
import { configurations, redisMembership, redisPort, user } from "./membership.ts";
import { imageOf, redisVersions } from "./versions.ts";

/**
 * A primary, its replicas, and a Sentinel on every node; a quorum of Sentinels makes a replica the primary when they do
 * not hear the old one. Nodes tell each other, and their clients, addresses.
 *
 *     n1  redis (primary) ── sentinel          killing redis alone leaves the node's Sentinel its vote
 *     n2  redis (replica) ── sentinel
 */
export function redisSystem(settings: Settings): DockerSystem {
  const version = textOf(settings, "version");
  return {
    name: "redis",
    ...imageOf(version),
    clientPort: redisPort,
    lookingPorts: [sentinelPort],
    peers: { reachedBy: "address", ports: [redisPort, sentinelPort] },
    settings,
    probe: { peerPort: redisPort, peer: { tcp: "PING\r\n" }, clients: { tcp: "PING\r\n" } },
    clock: { process: "redis", resolutionMs: 1, ask: timeMs },
    roles: ["primary", "leader", "replica"],
    dataFolders: ["/var/lib/redis"],
    membership: redisMembership,
    setUp: (place) => ({
      files: [
        { path: configurations.redis, content: redisConfiguration(place, settings), owner: user },
        { path: configurations.sentinel, content: sentinelConfiguration(place, settings), owner: user },
      ],
    }),
    daemons: (place) => [
      { name: "redis", user, ...programsOf(version, redisVersions.redis, place), args: [configurations.redis], ready: serves },
      { name: "sentinel", user, ...programsOf(version, redisVersions.sentinel, place), args: [configurations.sentinel], ready: sentinelServes },
    ],
    serves,
    disagreement,
    holders,
  };
}

function redisConfiguration({ node, all }: NodePlace, settings: Settings): string {
  const first = all[0]!;
  return lines([
    ["bind", "0.0.0.0"],
    ["protected-mode", "no"],
    ["port", redisPort],
    ["dir", "/var/lib/redis"],
    ["appendonly", "yes"],
    ["appendfsync", textOf(settings, "appendfsync")],
    // Its own delay of 5 s, in which further replicas may ask for the same copy, only slows the start.
    ["repl-diskless-sync-delay", 0],
    ["min-replicas-to-write", numberOf(settings, "min-replicas-to-write")],
    ["min-replicas-max-lag", numberOf(settings, "min-replicas-max-lag")],
    ["replica-announce-ip", node.address],
    ...(node.id === first.id ? [] : [["replicaof", first.address, redisPort]]),
  ]);
}

/**
 * Begins as Sentinel writes it once all know each other. Left to themselves they ask a primary for its replicas every 10 s
 * only, and tell each other of themselves every 2 s.
 */
function sentinelConfiguration({ node, all, runId }: NodePlace, settings: Settings): string {
  const others = all.filter(({ id }) => id !== node.id);
  return lines([
    // Not everywhere: the pod's proxies to the others' Redis have this port too, at 127.0.1.x.
    ["bind", node.address, "127.0.0.1"],
    ["port", sentinelPort],
    ["protected-mode", "no"],
    ["dir", "/var/lib/redis"],
    ["sentinel announce-ip", node.address],
    ["sentinel myid", sentinelId(runId, node)],
    ["sentinel monitor", watchedName, all[0]!.address, redisPort, numberOf(settings, "quorum")],
    ["sentinel down-after-milliseconds", watchedName, numberOf(settings, "down-after")],
    ["sentinel failover-timeout", watchedName, numberOf(settings, "failover-timeout")],
    ["sentinel parallel-syncs", watchedName, 1],
    ...all.slice(1).map(({ address }) => ["sentinel known-replica", watchedName, address, redisPort]),
    ...others.map((other) => ["sentinel known-sentinel", watchedName, other.address, sentinelPort, sentinelId(runId, other)]),
  ]);
}

/** 40 hexadecimal digits, as Sentinel draws for itself. */
function sentinelId(runId: string, { id }: DockerNode): string {
  return createHash("sha1").update(`${runId}/${id}`).digest("hex");
}

function lines(all: readonly (readonly (string | number)[])[]): string {
  return all.map((words) => `${words.join(" ")}\n`).join("");
}
