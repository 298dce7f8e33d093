import type { SystemDefinition } from "../../harness/actor.ts";
import type { Endpoint } from "../../harness/cluster.ts";
import { type Seed, seed } from "../../harness/ids.ts";
import type { Settings } from "../../harness/options.ts";
import { deadlineSignal } from "../../harness/time.ts";
import { type DockerCluster, dockerCluster } from "../docker/docker-cluster.ts";
import type { DockerSystem, NodePlace } from "../docker/docker-system.ts";
import { dockerfileBeside } from "../docker/image.ts";
import type { ActorCluster } from "../local/actor-cluster.ts";
import { openClientLink } from "../local/client-link.ts";
import { configVariable, type NodeConfig } from "../local/node-config.ts";
import { traceFileName } from "../local/trace.ts";
import type { Health } from "../local/wire.ts";
import { nodeFiles, programInImage } from "./node-files.ts";

/**
 * A system of actors as containers: the very program that the local cluster runs, in an image with the harness's own
 * Node, inside the pods of the Docker cluster. So each directed link between nodes, and each client's link to a node, is a
 * TCP connection through a proxy of its own in a real Toxiproxy, and the faults are the Docker cluster's:
 *
 *     pod of n1:  [ n1 :7000 ] ──n2.cl:7000 = 127.0.1.2:7000──▶ proxy n1-n2 ──▶ pod of n2: [ n2 :7000 ]
 *                       ▲ 127.0.0.1:7000
 *                  proxy clients-n1-0 :17000, clients-n1-1 :17001, … ◀── published on the host's loopback
 *
 * A node counts its own lives in its data folder (its container outlives a kill). Its diary is fetched with its logs.
 */
export function dockerActors(options: DockerActorsOptions): ActorCluster {
  const { nodes, runId, clientLinks = 1 } = options;
  const clusterOf = (seed: Seed): DockerCluster => dockerCluster({ system: actorSystem({ ...options, seed }), nodes, runId, clientLinks });
  return {
    ...clusterOf(seed(runId)),
    // What the nodes draw (how long a timer runs) follows from the run's seed, as on the local cluster.
    start: (start) => clusterOf(start.random.seed).start(start),
  };
}

export interface DockerActorsOptions {
  readonly definition: SystemDefinition;
  readonly settings: Settings;
  readonly nodes: number;
  /** Names and labels everything; letters, digits and dashes. */
  readonly runId: string;
  /** How many client threads each node has, at most 32: each has a proxy of its own to it; 1 by default, and then all share it. */
  readonly clientLinks?: number;
}

const port = 7000;
const user = "nobody";
const dataFolder = "/var/lib/rashomon";
const traceFile = `${dataFolder}/${traceFileName}`;
const traceBytesMax = 256 * 1024 * 1024;

function actorSystem({ definition, settings, seed }: { readonly definition: SystemDefinition; readonly settings: Settings; readonly seed: Seed }): DockerSystem {
  return {
    // Every system's node has the same image.
    name: "actors",
    dockerfile: dockerfileBeside(import.meta.url, "."),
    files: nodeFiles(),
    clientPort: port,
    peers: { reachedBy: "name", ports: [port] },
    settings,
    roles: [],
    dataFolders: [dataFolder],
    version: { argv: ["/usr/local/bin/rashomon-node", "--version"], pattern: /v[\d.]+/ },
    setUp: () => ({ commands: [{ argv: ["install", "-d", "-o", user, dataFolder] }] }),
    daemons: (place) => [
      {
        name: "actor",
        user,
        program: "/usr/local/bin/rashomon-node",
        args: ["--disable-warning=ExperimentalWarning", programInImage()],
        env: { [configVariable]: JSON.stringify(configOf(place, { definition, settings, seed })) },
        logs: [traceFile],
      },
    ],
    serves: async (at, signal) => (await healthOf(at, signal))?.ready === true,
    async disagreement(at, signal) {
      for (const [node, lookout] of at) {
        const health = await healthOf(lookout, signal);
        if (health?.ready !== true) return `${node} does not serve`;
        const down = Object.entries(health.links).filter(([, up]) => !up).map(([peer]) => `n${Number(peer) + 1}`);
        if (down.length > 0) return `${node} has no link to ${down.join(", ")}`;
      }
      return undefined;
    },
    holders: () => Promise.resolve([]),
  };
}

function configOf({ node, all }: NodePlace, about: { readonly definition: SystemDefinition; readonly settings: Settings; readonly seed: Seed }): NodeConfig {
  const id = all.indexOf(node);
  const peers = Object.fromEntries(all.flatMap((peer, index): [string, Endpoint][] => (index === id ? [] : [[String(index), { host: peer.hostname, port }]])));
  return {
    system: about.definition.name,
    settings: about.settings,
    id,
    epoch: "counted",
    port,
    listen: ["127.0.0.1", node.address],
    peers,
    dataFolder,
    seed: about.seed,
    traceFile,
    traceBytesMax,
    pace: "clock",
  };
}

/** Undefined when it does not answer soon. */
async function healthOf(at: Endpoint, signal: AbortSignal): Promise<Health | undefined> {
  try {
    const link = await openClientLink({ endpoint: at, name: "health", signal: deadlineSignal(probeMsMax, signal) });
    try {
      return await link.health(deadlineSignal(probeMsMax, signal));
    } finally {
      link.close();
    }
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** One request may take that long before the next is tried. */
const probeMsMax = 2_000;
