import { Toxiproxy } from "toxiproxy-node-client";
import { assert } from "../../harness/assert.ts";
import type { Endpoint } from "../../harness/cluster.ts";
import { HarnessError } from "../../harness/errors.ts";
import { until } from "../../harness/time.ts";
import { startContainer, type Container, type RunScope } from "./container.ts";
import type { DockerNode, DockerSystem, Lookout, PeerLinks } from "./docker-system.ts";
import type { ClusterNetwork } from "./network.ts";

/**
 * A pod owns a node's network namespace and runs the Toxiproxy on its links; the node's container joins it, so the
 * proxies outlive whatever happens to the database (the pause container of Kubernetes is the same idea):
 *
 *     pod of n1: 10.213.0.11                                 /etc/hosts: n1.cl 10.213.0.11, n2.cl 127.0.1.2, n3.cl 127.0.1.3
 *       127.0.1.2:2380   proxy n1-n2    → 10.213.0.12:2380   what n1 dials to n2
 *       127.0.1.3:2380   proxy n1-n3    → 10.213.0.13:2380
 *       0.0.0.0:12379    proxy clients-n1 → 127.0.0.1:2379   what clients dial, published on the host's loopback
 *       0.0.0.0:2379     the database itself, for looking    published too: no fault is ever on that way
 *       0.0.0.0:8474     Toxiproxy's API                     published too
 *
 * Peers that dial addresses are redirected (`address-redirect.ts`); their proxies take other ports than theirs.
 * It gets NET_ADMIN (its own iptables and tc) and nothing else; SYS_TIME would set the clock of the host.
 */
export interface Pod {
  readonly node: DockerNode;
  /** Where the database listens. */
  readonly clientPort: number;
  readonly container: Container;
  /** Toxiproxy's API, as the host reaches it. */
  readonly api: Endpoint;
  /** The proxies of the clients' links, as the host reaches them: one for each `clientLinks`. */
  readonly clients: readonly Endpoint[];
  /** The database itself, past the proxies: for health, roles and convergence. */
  readonly looking: Lookout;
}

/** How the host reaches a pod: by ports published on its loopback (everywhere), or by the pod's address (Linux only, one hop less). */
export type Reach = "published" | "address";

/** What a pod needs to know of the system in it. */
export type PodPorts = Pick<DockerSystem, "clientPort" | "lookingPorts" | "peers">;

/** Client links of a node that have a proxy of their own; a published port costs some 50 ms of the pod's start. */
export const clientLinksMax = 32;

export interface PodOptions {
  readonly scope: RunScope;
  readonly system: PodPorts;
  readonly image: string;
  readonly network: ClusterNetwork;
  readonly nodes: readonly DockerNode[];
  readonly reach: Reach;
  /** How many proxies the clients' links to this node have; 1 by default: all share it. */
  readonly clientLinks?: number;
  readonly signal: AbortSignal;
}

const apiPort = 8474;
/** How long a pod's Toxiproxy may take to answer; it takes some 50 ms. */
const apiMsMax = 30_000;

/** The port on which the pod takes what clients send on their link number `link` (from 0), for a database on `clientPort`. */
export function clientProxyPort(clientPort: number, link: number): number {
  return shifted(clientPort + link, 10_000);
}

/** A port beside `port`: so much above it, or below where there are no more ports. */
function shifted(port: number, by: number): number {
  return port + by < 65_536 ? port + by : port - by;
}

/** The address at which every other node has its proxies to node number `index` (from 0). */
function peerProxyHost(index: number): string {
  return `127.0.1.${index + 1}`;
}

/** Where every other node's proxy to that port of node number `index` listens. */
export function peerListen(peers: PeerLinks, { index, port }: { readonly index: number; readonly port: number }): string {
  return `${peerProxyHost(index)}:${peers.reachedBy === "name" ? port : shifted(port, 20_000)}`;
}

/** Toxiproxy's own user: what it dials must not be redirected to itself. No database of Debian's has it. */
export const proxyUser = 64_000;

export async function startPod(node: DockerNode, options: PodOptions): Promise<Pod> {
  const { system, network, clientLinks = 1 } = options;
  const lookingPorts = system.lookingPorts ?? [];
  const clientPorts = Array.from({ length: Math.min(clientLinks, clientLinksMax) }, (_, link) => clientProxyPort(system.clientPort, link));
  const ports = [apiPort, ...clientPorts, system.clientPort, ...lookingPorts];
  const container = await startContainer(options.scope, {
    name: `${network.name}-pod-${node.id}`,
    ...(options.reach === "address" ? { addresses: [node.address] } : {}),
    Image: options.image,
    User: String(proxyUser),
    Hostname: node.id,
    ExposedPorts: Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}])),
    HostConfig: {
      NetworkMode: network.name,
      CapAdd: ["NET_ADMIN"],
      ExtraHosts: options.nodes.map((other, index) => `${other.hostname}:${other.id === node.id || system.peers.reachedBy === "address" ? other.address : peerProxyHost(index)}`),
      ...(options.reach === "published" ? { PortBindings: Object.fromEntries(ports.map((port) => [`${port}/tcp`, [{ HostIp: "127.0.0.1", HostPort: "" }]])) } : {}),
    },
    NetworkingConfig: { EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: node.address } } } },
  });
  try {
    const at = await reachOf(node, container, options.reach);
    const pod: Pod = { node, clientPort: system.clientPort, container, api: at(apiPort), clients: clientPorts.map(at), looking: { ...at(system.clientPort), node, ports: new Map(lookingPorts.map((port) => [port, at(port)])) } };
    await apiAnswers(pod, options.signal);
    return pod;
  } catch (error) {
    await container.remove();
    throw error;
  }
}

/** Where the host finds a port of the pod. */
async function reachOf(node: DockerNode, container: Container, reach: Reach): Promise<(port: number) => Endpoint> {
  if (reach === "address") return (port) => ({ host: node.address, port });
  const published = (await container.inspect()).NetworkSettings.Ports;
  return (port) => {
    const host = published[`${port}/tcp`]?.find((binding) => binding.HostIp === "127.0.0.1")?.HostPort;
    assert(host !== undefined && Number(host) > 0, `port ${port} of ${container.name} is published on loopback`);
    return { host: "127.0.0.1", port: Number(host) };
  };
}

async function apiAnswers(pod: Pod, signal: AbortSignal): Promise<void> {
  const toxiproxy = new Toxiproxy(apiUrl(pod));
  try {
    await until(`answer of Toxiproxy in ${pod.container.name}`, () => toxiproxy.getVersion().then(() => true, () => false), { deadlineMs: apiMsMax, everyMs: 20, signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new HarnessError("PROXY_FAILED", `the Toxiproxy of ${pod.node.id} does not answer at ${apiUrl(pod)}`, { nextStep: `read \`docker logs ${pod.container.name}\``, cause });
  }
}

export function apiUrl(pod: Pod): string {
  return `http://${pod.api.host}:${pod.api.port}`;
}
