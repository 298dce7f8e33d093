import { join } from "node:path";
import type { Cluster, ClusterStart, Endpoint, Net, ProcessControl, RunningCluster } from "../../harness/cluster.ts";
import { HarnessError } from "../../harness/errors.ts";
import { nodeId, type NodeId } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { deadlineSignal } from "../../harness/time.ts";
import { begun } from "../begun.ts";
import { TOXIPROXY_VERSION } from "../net/build-toxiproxy.ts";
import { redirectAddresses } from "../docker/address-redirect.ts";
import { ensureBaseImage } from "../docker/base-image.ts";
import { startContainer, type Container, type RunScope } from "../docker/container.ts";
import type { DockerNode, PeerLinks } from "../docker/docker-system.ts";
import { allSettled, endInOrder } from "../docker/ending.ts";
import { connectEngine } from "../docker/engine.ts";
import { followContainer } from "../docker/follow.ts";
import { createNetwork, type ClusterNetwork } from "../docker/network.ts";
import { ensurePodImage } from "../docker/pod-image.ts";
import { podNet } from "../docker/pod-net.ts";
import { startPod, type Pod } from "../docker/pod.ts";
import { processControl } from "../docker/processes.ts";
import { containerControl, type ContainerControl } from "./container-control.ts";
import { isReady, untilAllReady, type Ready } from "./readiness.ts";
import { serviceImage } from "./service-image.ts";
import type { Healthcheck, ServiceSpec } from "./service-spec.ts";
import { createVolume, type Volume } from "./volume.ts";

/**
 * A user's own service in containers, one node each, as it is: the image's own program is the process under test, and
 * nothing is put into the container. As for databases each joins the network of a pod with a real Toxiproxy; peers find
 * each other by their names, and what they dial at one another's ports is led through the proxies.
 *
 *     images → network → pods → proxies → volumes → containers, each after those it waits for → all are ready
 */
export interface ServiceClusterOptions {
  readonly name: string;
  /** In the order in which they start. */
  readonly services: readonly ServiceSpec[];
  /** Asked of every node that takes clients; the others are ready when their healthcheck says so, or when they run. */
  readonly ready: Ready;
  /** Names and labels everything; letters, digits and dashes. */
  readonly runId: string;
  /** How long the services may take to be ready, first and after a kill. */
  readonly readyMsMax: number;
}

export function serviceCluster(options: ServiceClusterOptions): Cluster {
  return {
    name: "docker",
    abilities: { nodes: options.services.map(({ name }) => nodeId(name)), can: ["net", "toxics", "processes"], processes: processNames, roles: [] },
    start: async (start) => begun(new ServiceRunningCluster(options, start, { engine: await connectEngine(), runId: options.runId, ledger: start.ledger }), { what: options.name, signal: start.signal }),
  };
}

/** An image's own program is all that a node has. */
const processNames = ["container"];

interface Running {
  readonly spec: ServiceSpec;
  readonly pod: Pod;
  readonly container: Container;
  readonly control: ContainerControl;
}

class ServiceRunningCluster implements RunningCluster {
  readonly name = "docker";
  readonly nodes: readonly NodeId[];
  readonly clientNodes: readonly NodeId[];
  readonly processes: ProcessControl;
  net?: Net;
  readonly #options: ServiceClusterOptions;
  readonly #start: ClusterStart;
  readonly #scope: RunScope;
  readonly #pods: Pod[] = [];
  readonly #volumes: Volume[] = [];
  readonly #running = new Map<NodeId, Running>();
  #network: ClusterNetwork | undefined;
  #images: { readonly [service: string]: string } = {};
  #ended: Promise<void> | undefined;

  constructor(options: ServiceClusterOptions, start: ClusterStart, scope: RunScope) {
    this.#options = options;
    this.#start = start;
    this.#scope = scope;
    this.nodes = options.services.map(({ name }) => nodeId(name));
    this.clientNodes = options.services.filter(({ takesClients }) => takesClients).map(({ name }) => nodeId(name));
    this.processes = processControl(processNames, {
      daemons: (node) => [this.#find(node).control],
      restart: (node, controls, signal) => this.#restart(node, controls, signal),
    });
  }

  async begin(): Promise<void> {
    const { services, name, runId } = this.#options;
    const { signal, progress } = this.#start;
    const work = { engine: this.#scope.engine, signal, progress };
    const base = await ensureBaseImage(work);
    const podImage = (await ensurePodImage(base, work)).tag;
    // Services of one source have one image, which is built once.
    const images = new Map<string, string>();
    const sourceOf = ({ image }: ServiceSpec): string => JSON.stringify(image);
    for (const spec of services) if (!images.has(sourceOf(spec))) images.set(sourceOf(spec), await serviceImage(spec, { ...work, base: base.tag }));
    this.#images = Object.fromEntries(services.map((spec) => [spec.name, images.get(sourceOf(spec))!]));
    const network = (this.#network = await createNetwork(this.#scope, `rashomon-${runId}`));
    const nodes: DockerNode[] = this.nodes.map((id, index) => ({ id, address: network.address(index + 1), hostname: id }));
    const peers: PeerLinks = { reachedBy: "address", ports: [...new Set(services.flatMap(({ ports }) => ports))] };
    await allSettled(
      nodes.map(async (node, index) => this.#pods.push(await startPod(node, { scope: this.#scope, system: { clientPort: services[index]!.ports[0]!, peers }, image: podImage, network, nodes, reach: "published", signal }))),
    );
    const pods = nodes.map((node) => this.#pods.find((pod) => pod.node === node)!);
    this.net = await podNet({ pods, system: { peers, ...(typeof this.#options.ready === "string" ? { probe: probeOf(this.#options, peers) } : {}) }, ledger: this.#scope.ledger });
    await allSettled(pods.map((pod) => redirectAddresses(pod, peers, nodes)));
    const volumes = new Set(services.flatMap(({ volumes: own }) => own.map((volume) => volume.name)));
    for (const volume of volumes) this.#volumes.push(await createVolume(this.#scope, `${network.name}-${volume}`));
    for (const [index, spec] of services.entries()) {
      await this.#awaitDependencies(spec);
      await this.#place(spec, { pod: pods[index]!, image: this.#images[spec.name]! });
    }
    await this.converged(deadlineSignal(this.#options.readyMsMax, signal));
    progress(`${name}: ${this.nodes.join(", ")} are ready`);
  }

  endpoint(node: NodeId): Promise<Endpoint> {
    return Promise.resolve(this.#find(node).pod.clients[0]!);
  }

  async healthy(node: NodeId, signal: AbortSignal): Promise<boolean> {
    const { spec, pod, container } = this.#find(node);
    if (spec.healthcheck !== undefined) return (await container.inspect()).State.Health?.Status === "healthy";
    if (spec.takesClients) return await isReady(this.#options.ready, pod.looking, signal);
    return (await container.inspect()).State.Running;
  }

  async converged(signal: AbortSignal): Promise<void> {
    await untilAllReady(() => this.#idle(this.nodes, signal), { signal, nextStep: `read the nodes' logs in ${this.#start.logsFolder}` });
  }

  logs(node: NodeId): readonly string[] {
    return [this.#logFile(node)];
  }

  async followLogs(tell: (node: NodeId, line: string) => void, signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#running].map(([node, { container }]) => followContainer(this.#scope.engine, container.name, { tell: (line) => tell(node, line), signal })));
  }

  async keep(): Promise<void> {
    await allSettled([...this.#running.keys()].map((node) => this.#fetchLog(node)));
  }

  describe(): Json {
    const { engine } = this.#scope;
    return {
      cluster: "docker",
      system: this.#options.name,
      nodes: this.nodes.length,
      ...(this.#network === undefined ? {} : { subnet: this.#network.subnet }),
      versions: { toxiproxy: TOXIPROXY_VERSION, docker: engine.version, kernel: engine.kernel, architecture: engine.architecture },
      images: { ...this.#images },
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= endInOrder(this.#options.runId, [
      [...this.#running.keys()].map((node) => () => this.#fetchLog(node)),
      [...this.#running.values()].map(({ container }) => () => container.remove()),
      this.#pods.map((pod) => () => pod.container.remove()),
      [...this.#volumes.map((volume) => volume.remove), ...(this.#network === undefined ? [] : [this.#network.remove])],
    ]);
    return this.#ended;
  }

  async #awaitDependencies(spec: ServiceSpec): Promise<void> {
    const { signal } = this.#start;
    for (const { name, condition } of spec.after) {
      if (condition === "started") continue;
      const node = nodeId(name);
      await untilAllReady(() => this.#idle([node], signal), { signal: deadlineSignal(this.#options.readyMsMax, signal), nextStep: `read ${this.#logFile(node)}: ${spec.name} waits for ${name} to be healthy` });
    }
  }

  async #place(spec: ServiceSpec, { pod, image }: { readonly pod: Pod; readonly image: string }): Promise<void> {
    const networkName = this.#network!.name;
    const container = await startContainer(this.#scope, {
      name: `${networkName}-${spec.name}`,
      node: pod.node.id,
      Image: image,
      Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
      ...(spec.command === undefined ? {} : { Cmd: [...spec.command] }),
      ...(spec.healthcheck === undefined ? {} : { Healthcheck: engineHealthcheck(spec.healthcheck) }),
      HostConfig: {
        NetworkMode: `container:${pod.container.name}`,
        Mounts: spec.volumes.map(({ name, target }) => ({ Type: "volume" as const, Source: `${networkName}-${name}`, Target: target })),
      },
    });
    this.#running.set(pod.node.id, { spec, pod, container, control: containerControl(this.#scope.engine, { id: container.name, name: "container" }) });
  }

  async #restart(node: NodeId, controls: readonly ContainerControl[], signal: AbortSignal): Promise<void> {
    if (this.#ended !== undefined) return;
    for (const control of controls) await control.start();
    await untilAllReady(() => this.#idle([node], signal), { signal: deadlineSignal(this.#options.readyMsMax, signal), nextStep: `read ${this.#logFile(node)}` });
  }

  /** Those that are not ready; `NODE_EXITED` for one whose program has ended by itself. */
  async #idle(nodes: readonly NodeId[], signal: AbortSignal): Promise<NodeId[]> {
    const asked = await Promise.all(nodes.map(async (node) => ((await this.healthy(node, signal)) ? [] : [node])));
    for (const node of asked.flat()) {
      const { State } = await this.#find(node).container.inspect();
      if (State.Running) continue;
      await this.#fetchLog(node);
      throw new HarnessError("NODE_EXITED", `${node}: its program ended with ${State.ExitCode} instead of serving`, { nextStep: `read ${this.#logFile(node)}` });
    }
    return asked.flat();
  }

  async #fetchLog(node: NodeId): Promise<void> {
    await this.#find(node).container.fetchOutput(this.#logFile(node));
  }

  #logFile(node: NodeId): string {
    return join(this.#start.logsFolder, node, "output.log");
  }

  #find(node: NodeId): Running {
    const running = this.#running.get(node);
    if (running !== undefined) return running;
    throw new HarnessError("UNKNOWN_NAME", `${this.#options.name} has no node ${JSON.stringify(node)} (it has ${this.nodes.join(", ")})`, { nextStep: "name one of its nodes" });
  }
}

/** A link is seen to let something through when the path that tells readiness is answered over it, in any way. */
function probeOf({ ready, services }: ServiceClusterOptions, peers: PeerLinks): { readonly peerPort: number; readonly peer: { readonly http: string }; readonly clients: { readonly http: string } } {
  const question = { http: String(ready) };
  return { peerPort: services.find(({ takesClients }) => takesClients)?.ports[0] ?? peers.ports[0]!, peer: question, clients: question };
}

function engineHealthcheck({ test, intervalMs, timeoutMs, startPeriodMs, retries }: Healthcheck): { Test: string[]; Interval: number; Timeout: number; StartPeriod: number; Retries: number } {
  return { Test: [...test], Interval: intervalMs * 1e6, Timeout: timeoutMs * 1e6, StartPeriod: startPeriodMs * 1e6, Retries: retries };
}
