import type { Endpoint } from "../../../harness/cluster.ts";
import { assert } from "../../../harness/assert.ts";
import { HarnessError } from "../../../harness/errors.ts";
import type { NodeId } from "../../../harness/ids.ts";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import type { Daemon, DockerSystem, NodePlace } from "../../docker/docker-system.ts";
import { programsOf } from "../two-versions.ts";
import { httpDateMs } from "../http-date.ts";
import { bodyOf, rangeRequest, readStatus, statusRequest, type NodeStatus } from "./gateway.ts";
import { ask } from "./http.ts";
import { etcdDataFolder, etcdMembership } from "./membership.ts";
import { etcdVersions, imageOf } from "./versions.ts";

/**
 * etcd: Raft among the nodes, each node's name resolved by its peers to their own proxies to it.
 * The peer listener is bound to the node's own address, because its proxies take the same port at 127.0.1.x.
 */
export function etcdSystem(settings: Settings): DockerSystem {
  const heartbeatMs = numberOf(settings, "heartbeat-interval");
  const electionMs = numberOf(settings, "election-timeout");
  if (electionMs < 5 * heartbeatMs) {
    throw new HarnessError("BAD_OPTION", `election-timeout ${electionMs} ms is less than five times heartbeat-interval ${heartbeatMs} ms: etcd would not start`, {
      nextStep: `set election-timeout to ${5 * heartbeatMs} or more, or heartbeat-interval lower`,
    });
  }
  const version = textOf(settings, "version");
  return {
    name: "etcd",
    ...imageOf(version),
    clientPort: 2379,
    peers: { reachedBy: "name", ports: [2380] },
    settings,
    probe: { peerPort: 2380, peer: { http: "/version" }, clients: { http: "/version" } },
    clock: { process: "etcd", resolutionMs: 1_000, ask: (at, signal) => httpDateMs(at, "/version", signal) },
    roles: ["leader", "follower"],
    dataFolders: [etcdDataFolder],
    membership: etcdMembership((lookout) => lookout),
    daemons: (place) => [etcdDaemon(place, { ...programsOf(version, etcdVersions, place), heartbeatMs, electionMs, snapshotCount: numberOf(settings, "snapshot-count"), listen: "http://0.0.0.0:2379", advertise: `http://${place.node.address}:2379` })],
    serves: rangesServed,
    disagreement,
    holders,
  };
}

export interface EtcdMember {
  /** Default `/usr/bin/etcd`. */
  readonly program?: string;
  /** What is started from the second start on; default the same. */
  readonly laterProgram?: string;
  readonly heartbeatMs: number;
  readonly electionMs: number;
  readonly snapshotCount: number;
  /** Whether it also offers the old interface; default no. */
  readonly v2?: boolean;
  /** URLs on which it listens for clients, comma between. */
  readonly listen: string;
  /** URL under which its clients learn of it from other members. */
  readonly advertise: string;
}

/** An etcd member of a cluster of all nodes, whose peers reach it by name. */
export function etcdDaemon({ node, all, runId }: NodePlace, { program = "/usr/bin/etcd", laterProgram = program, heartbeatMs, electionMs, snapshotCount, v2 = false, listen, advertise }: EtcdMember): Daemon {
  return {
    name: "etcd",
    user: "root",
    program,
    laterProgram,
    args: Object.entries({
      "--name": node.id,
      "--data-dir": `${etcdDataFolder}/data`,
      "--listen-peer-urls": `http://${node.address}:2380`,
      "--initial-advertise-peer-urls": `http://${node.hostname}:2380`,
      "--listen-client-urls": listen,
      "--advertise-client-urls": advertise,
      "--initial-cluster": all.map((other) => `${other.id}=http://${other.hostname}:2380`).join(","),
      "--initial-cluster-token": runId,
      "--heartbeat-interval": String(heartbeatMs),
      "--election-timeout": String(electionMs),
      "--snapshot-count": String(snapshotCount),
      // Its own is ten minutes, which no short run reaches.
      "--experimental-watch-progress-notify-interval": "200ms",
      "--logger": "zap",
      "--enable-v2": String(v2),
    }).map(([name, value]) => `${name}=${value}`),
    firstArgs: ["--initial-cluster-state=new"],
    joinArgs: ["--initial-cluster-state=existing"],
  };
}

/** Longest wait for one answer while looking; a healthy node takes milliseconds, one without a quorum does not answer. */
const lookMsMax = 1_000;

/** A read through the quorum: what a node that serves answers. */
export async function rangesServed(at: Endpoint, signal: AbortSignal): Promise<boolean> {
  try {
    return (await ask(at, rangeRequest("health", { serializable: false }), deadlineSignal(lookMsMax, signal))).status === 200;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

async function disagreement(at: ReadonlyMap<NodeId, Endpoint>, signal: AbortSignal): Promise<string | undefined> {
  const statuses = await statusOfAll(at, signal);
  const silent = [...statuses].find(([, status]) => status === undefined);
  if (silent !== undefined) return `${silent[0]} does not answer`;
  // By leader alone: 3.5 names an old term after a snapshot until something is written. An old leader answers no read below.
  const views = [...new Set([...statuses.values()].map((status) => `leader ${status!.leader}`))];
  if (views.length > 1) return `nodes see ${views.join(" and ")}`;
  if (views[0] === "leader 0") return "no node knows a leader";
  const served = await Promise.all([...at].map(async ([node, endpoint]) => ({ node, ok: await rangesServed(endpoint, signal) })));
  const idle = served.find(({ ok }) => !ok);
  return idle === undefined ? undefined : `${idle.node} does not answer a linearizable read`;
}

/** `follower` is whoever a leader has, once one is known. */
async function holders(role: string, at: ReadonlyMap<NodeId, Endpoint>, signal: AbortSignal): Promise<readonly NodeId[]> {
  if (role !== "leader" && role !== "follower") return [];
  const leading = await leaders(at, signal);
  if (role === "leader") return leading;
  return leading.length === 0 ? [] : [...at.keys()].filter((node) => !leading.includes(node));
}

/** Those that think they lead, highest term first: an isolated leader does not know yet that it was replaced. */
async function leaders(at: ReadonlyMap<NodeId, Endpoint>, signal: AbortSignal): Promise<NodeId[]> {
  const statuses = await statusOfAll(at, signal);
  return [...statuses]
    .flatMap(([node, status]) => (status !== undefined && status.leader === status.member ? [{ node, term: status.term }] : []))
    .sort((a, b) => b.term - a.term)
    .map(({ node }) => node);
}

async function statusOfAll(at: ReadonlyMap<NodeId, Endpoint>, signal: AbortSignal): Promise<Map<NodeId, NodeStatus | undefined>> {
  assert(at.size > 0, "there is a node to ask");
  const all = [...at].map(async ([node, endpoint]): Promise<[NodeId, NodeStatus | undefined]> => {
    try {
      const reply = await ask(endpoint, statusRequest(), deadlineSignal(lookMsMax, signal));
      return [node, reply.status === 200 ? readStatus(bodyOf(reply)) : undefined];
    } catch {
      signal.throwIfAborted();
      return [node, undefined];
    }
  });
  return new Map(await Promise.all(all));
}
