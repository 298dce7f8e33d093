import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Abilities, ClockControl, ClusterStart, Endpoint, Membership, Net, PowerControl, ProcessControl, RunningCluster } from "../../harness/cluster.ts";
import { HarnessError } from "../../harness/errors.ts";
import { nodeNames, type NodeId } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { deadlineSignal, monotonicMs, sleep } from "../../harness/time.ts";
import { begun } from "../begun.ts";
import { toldRealtime } from "../clock/control.ts";
import { clocksSupported } from "../clock/process-clock.ts";
import { TOXIPROXY_VERSION } from "../net/build-toxiproxy.ts";
import { type DockerClocks, dockerClocks } from "./clocks.ts";
import { clusterImages, imageDigests } from "./cluster-images.ts";
import { startContainer, type Container, type RunScope } from "./container.ts";
import { redirectAddresses } from "./address-redirect.ts";
import { daemonControl, type DaemonControl, type StartKind } from "./daemon.ts";
import type { DockerNode, DockerSystem, Lookout, NodePlace } from "./docker-system.ts";
import { allSettled, endInOrder } from "./ending.ts";
import { connectEngine, type Engine } from "./engine.ts";
import { followFile } from "./follow.ts";
import { createNetwork, type ClusterNetwork } from "./network.ts";
import { labelledObjects } from "./sweep.ts";
import { powerControl, type PowerHolds } from "./power.ts";
import { startPod, type Pod, type Reach } from "./pod.ts";
import { dockerMembership, fixedMembers } from "./membership.ts";
import { podNet } from "./pod-net.ts";
import { processControl } from "./processes.ts";
import { setUpNode } from "./set-up.ts";
import { startUp } from "./start-up.ts";

/**
 * A database in containers: one network, and for each node a pod (network namespace and Toxiproxy) that the node's
 * container joins. Everything is in the ledger before it is made, carries the run's labels, and is gone at the end.
 *
 *     engine → images → network → pods → proxies → nodes → set-up → daemons → all serve → prepare → all agree
 *
 * Clients come in through published ports on loopback and the node's client proxy. Looking (health, leader,
 * convergence) goes past the proxies, so that it sees the truth while links are cut.
 */
export interface DockerClusterOptions {
  readonly system: DockerSystem;
  readonly nodes: number;
  /** Names and labels everything; letters, digits and dashes. */
  readonly runId: string;
  /** Default `published`. */
  readonly reach?: Reach;
  /** Client links of each node with a proxy of their own, at most 32; threads beyond them share these. 1 by default: all threads share one. */
  readonly clientLinks?: number;
  /** How long a node may take to serve, first and after a kill; 30 s by default: etcd takes half a second, a loaded machine many times that. */
  readonly healthyMsMax?: number;
}

/** A `Cluster` whose nodes can be looked at past all proxies. */
export interface DockerCluster {
  readonly name: "docker";
  readonly abilities: Abilities;
  start(start: ClusterStart): Promise<RunningCluster & { address(node: NodeId): Endpoint }>;
}

/** Has no effect until it is started. A start that fails fetches the logs and removes what it had made. */
export function dockerCluster(options: DockerClusterOptions): DockerCluster {
  return {
    name: "docker",
    abilities: abilitiesOf(options),
    start: async (start) => begun(new DockerRunningCluster(options, start, await connectEngine()), { what: "the Docker cluster", signal: start.signal }),
  };
}

const healthyMsDefault = 30_000;
/** What a pod's Toxiproxy wrote, beside the logs of the node's daemons. */
const proxyLog = "toxiproxy.log";
/** Addresses of nodes are .11 … .210 of the subnet, and 127.0.1.1 … for their proxies. */
const nodesMax = 200;

interface Placed {
  readonly place: NodePlace;
  readonly node: DockerNode;
  readonly pod: Pod;
  readonly container: Container;
  readonly daemons: readonly DaemonControl[];
  /** Client threads, in the order in which they first asked for their link. */
  readonly threads: number[];
}

class DockerRunningCluster implements RunningCluster {
  readonly name = "docker";
  readonly nodes: readonly NodeId[];
  readonly processes: ProcessControl;
  readonly clocks?: ClockControl;
  readonly membership?: Membership;
  readonly power?: PowerControl;
  net?: Net;
  readonly #options: DockerClusterOptions;
  readonly #start: ClusterStart;
  readonly #scope: RunScope;
  readonly #placed = new Map<NodeId, Placed>();
  /** Nodes that have left the cluster and not joined again. */
  readonly #away = new Set<NodeId>();
  /** When a node's daemons were started last, ms of the monotonic clock. */
  readonly #startedMs = new Map<NodeId, number>();
  readonly #logs = new Map<NodeId, string[]>();
  /** What must be removed, in the order in which it was made. */
  readonly #pods: Pod[] = [];
  readonly #containers: Container[] = [];
  #network: ClusterNetwork | undefined;
  #keepers: DockerClocks | undefined;
  #base = "";
  #description: { readonly [key: string]: Json } = {};
  #ended: Promise<void> | undefined;

  constructor(options: DockerClusterOptions, start: ClusterStart, engine: Engine) {
    if (!Number.isInteger(options.nodes) || options.nodes < 1 || options.nodes > nodesMax) {
      throw new HarnessError("BAD_OPTION", `a Docker cluster has 1 to ${nodesMax} nodes, not ${options.nodes}`, { nextStep: "set --nodes" });
    }
    if (!/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(options.runId)) {
      throw new HarnessError("BAD_OPTION", `run id ${JSON.stringify(options.runId)} has other than letters, digits and dashes`, { nextStep: "name the run otherwise" });
    }
    this.#options = options;
    this.#start = start;
    this.#scope = { engine, runId: options.runId, ledger: start.ledger };
    this.nodes = nodeNames(options.nodes);
    this.processes = processControl(processNames(options.system), {
      daemons: (node) => this.#find(node).daemons,
      restart: (node, daemons, signal) => this.#restart(node, daemons, signal),
    });
    if (clocksSupported() && engine.architecture === "amd64") this.clocks = this.#keepers = this.#clocks();
    const membership = dockerMembership({
      scope: this.#scope,
      system: options.system,
      nodes: this.nodes,
      find: (node) => this.#find(node),
      looking: () => this.#lookingAt(),
      startJoining: (node, signal) => this.#run(node, this.#find(node).daemons, { which: "join", signal }),
      away: this.#away,
    });
    if (membership !== undefined) this.membership = membership;
    const { dataFolders, unsyncedMs } = options.system;
    if (unsyncedMs !== undefined) {
      const run: PowerHolds["run"] = (node, argv) => this.#find(node).container.run(argv);
      this.power = powerControl({ folders: dataFolders, unsyncedMs, processes: this.processes, run, startedMs: (node) => this.#startedMs.get(node) ?? monotonicMs() });
    }
  }

  async begin(): Promise<void> {
    const { system, reach = "published", clientLinks = 1 } = this.#options;
    const { signal, progress } = this.#start;
    const began = monotonicMs();
    await this.#refuseTakenName();
    const images = await clusterImages(system, { engine: this.#scope.engine, signal, progress });
    const imagesReady = monotonicMs();
    this.#base = images.base.tag;
    const network = (this.#network = await createNetwork(this.#scope, `rashomon-${this.#options.runId}`));
    const nodes: DockerNode[] = this.nodes.map((id, index) => ({ id, address: network.address(index + 1), hostname: `${id}.cl` }));
    await allSettled(nodes.map(async (node) => this.#pods.push(await startPod(node, { scope: this.#scope, system, image: images.pod.tag, network, nodes, reach, clientLinks, signal }))));
    const pods = nodes.map((node) => this.#pods.find((pod) => pod.node === node)!);
    this.net = await podNet({ pods, system, ledger: this.#scope.ledger });
    if (system.peers.reachedBy === "address") await allSettled(pods.map((pod) => redirectAddresses(pod, system.peers, nodes)));
    progress(`${pods.length} pods with Toxiproxy run on ${network.subnet}`);
    await allSettled(pods.map((pod) => this.#place(pod, { nodes, image: images.system.tag, network })));
    this.#description = {
      cluster: "docker",
      system: system.name,
      settings: system.settings,
      nodes: this.nodes.length,
      subnet: network.subnet,
      reach,
      versions: await this.#versions(),
      images: await imageDigests(this.#scope.engine, { system, images }),
    };
    await this.#startDaemons();
    await this.#prepare(signal);
    await this.converged(deadlineSignal(this.#healthyMsMax(), signal));
    progress(`${system.name} on ${this.nodes.length} nodes: all agree; images ${seconds(imagesReady - began)}, cluster ${seconds(monotonicMs() - imagesReady)}`);
  }

  /** For the first time: every node at once, daemon by daemon, or node by node. */
  async #startDaemons(): Promise<void> {
    const { signal, progress } = this.#start;
    const began = monotonicMs();
    const startNode = async ({ node, daemons }: Placed): Promise<void> => {
      await this.#run(node.id, daemons, { which: "first", signal });
      progress(`${node.id}: healthy after ${seconds(monotonicMs() - began)}`);
    };
    const placed = this.nodes.map((node) => this.#find(node));
    if (this.#options.system.start !== "one by one") return await allSettled(placed.map(startNode));
    for (const one of placed) await startNode(one);
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    const { system } = this.#options;
    try {
      await system.prepare?.(this.#lookingAt(), signal);
    } catch (cause) {
      if (signal.aborted || cause instanceof HarnessError) throw cause;
      throw new HarnessError("NODE_UNHEALTHY", `${system.name} serves but could not be prepared for the workload`, { nextStep: `read the nodes' logs in ${this.#start.logsFolder}`, cause });
    }
  }

  async endpoint(node: NodeId, thread: number): Promise<Endpoint> {
    const { pod, threads } = this.#find(node);
    if (!threads.includes(thread)) threads.push(thread);
    return pod.clients[threads.indexOf(thread) % pod.clients.length]!;
  }

  address(node: NodeId): Endpoint {
    return this.#find(node).pod.looking;
  }

  async healthy(node: NodeId, signal: AbortSignal): Promise<boolean> {
    return await this.#options.system.serves(this.#find(node).pod.looking, signal);
  }

  async converged(signal: AbortSignal): Promise<void> {
    const began = monotonicMs();
    const { system } = this.#options;
    let seen = "nothing was seen yet";
    try {
      for (;;) {
        const disagreement = await system.disagreement(this.#lookingAt(), signal);
        if (disagreement === undefined) return;
        seen = disagreement;
        for (const node of (await system.mustRestart?.(this.#lookingAt(), signal)) ?? []) await this.#restartByHand(node, signal);
        await sleep(25, signal);
      }
    } catch (cause) {
      throw new HarnessError("NODE_UNHEALTHY", `the nodes do not agree after ${seconds(monotonicMs() - began)}: ${seen}`, {
        nextStep: `read the nodes' logs in ${this.#start.logsFolder}`,
        cause,
      });
    }
  }

  async roles(role: string, signal: AbortSignal): Promise<readonly NodeId[]> {
    return await this.#options.system.holders(role, this.#lookingAt(), signal);
  }

  /** Files that were fetched; a running cluster's are still in its containers. */
  logs(node: NodeId): readonly string[] {
    return this.#logs.get(node) ?? [];
  }

  async followLogs(tell: (node: NodeId, line: string) => void, signal: AbortSignal): Promise<void> {
    const files = [...this.#placed.values()].flatMap(({ node, container, daemons }) => daemons.flatMap(({ daemon, logs }) => logs.map((path) => ({ node: node.id, container, path, daemon: daemon.name }))));
    await Promise.all(files.map(({ node, container, path, daemon }) => followFile(this.#scope.engine, container.name, { path, tell: (line) => tell(node, `${daemon}: ${line}`), signal })));
  }

  async keep(): Promise<void> {
    await allSettled([...this.#placed.values()].map((placed) => this.#fetchLogs(placed)));
  }

  describe(): Json {
    return this.#description;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  /** Logs first, then containers (nodes before the pods they live in), then the network. */
  async #end(): Promise<void> {
    await endInOrder(this.#options.runId, [
      [...this.#placed.values()].map((placed) => () => this.#fetchLogs(placed)),
      this.#keepers === undefined ? [] : [() => this.#keepers!.end()],
      this.#containers.map((container) => () => container.remove()),
      this.#pods.map((pod) => () => pod.container.remove()),
      this.#network === undefined ? [] : [this.#network.remove],
    ]);
  }

  #clocks(): DockerClocks {
    const { clock } = this.#options.system;
    const find = (node: NodeId): Placed => this.#find(node);
    return dockerClocks({
      scope: this.#scope,
      base: () => this.#base,
      progress: this.#start.progress,
      node: (node) => {
        const { container, daemons } = find(node);
        return { container, daemons: daemons.map(({ daemon }) => daemon) };
      },
      async ask(node, process, signal) {
        if (clock === undefined || (process !== undefined && process !== clock.process)) return undefined;
        const ms = await clock.ask(find(node).pod.looking, signal);
        return ms === undefined ? undefined : toldRealtime(ms, clock.resolutionMs);
      },
    });
  }

  /** A daemon's output becomes `<daemon>.log`; its other log files keep their names. */
  async #fetchLogs({ node, container, pod, daemons }: Placed): Promise<void> {
    const folder = join(this.#start.logsFolder, node.id);
    const own = daemons.flatMap((daemon) => daemon.logs.map((path) => ({ path, target: join(folder, basename(path).replace(/\.out$/, ".log")) })));
    const proxies = join(folder, proxyLog);
    for (const { path, target } of own) await container.fetch(path, target);
    await pod.container.fetchOutput(proxies);
    this.#logs.set(node.id, [...own.map(({ target }) => target), proxies].filter((file) => existsSync(file)));
  }

  /** Names are made of the run's id, and undos go by name: two runs of one id would remove each other's containers. */
  async #refuseTakenName(): Promise<void> {
    const there = await labelledObjects(this.#scope.engine, this.#options.runId);
    if (there.length === 0) return;
    throw new HarnessError("CLUSTER_START", `run ${this.#options.runId} has left, or still has, ${there.join(", ")}`, {
      nextStep: "end that run, or run `rashomon heal`, or name this run otherwise",
    });
  }

  async #versions(): Promise<Json> {
    const { system } = this.#options;
    const { engine } = this.#scope;
    const said = (await this.#find(this.nodes[0]!).container.run(system.version.argv)).stdout;
    return { [system.name]: system.version.pattern.exec(said)?.[0] ?? said.trim(), toxiproxy: TOXIPROXY_VERSION, docker: engine.version, kernel: engine.kernel, architecture: engine.architecture };
  }

  /** The node's container inside its pod's network, set up; its database does not run yet. */
  async #place(pod: Pod, options: { readonly nodes: readonly DockerNode[]; readonly image: string; readonly network: ClusterNetwork }): Promise<void> {
    const { system, runId } = this.#options;
    const container = await startContainer(this.#scope, {
      name: `${options.network.name}-${pod.node.id}`,
      node: pod.node.id,
      Image: options.image,
      HostConfig: { NetworkMode: `container:${pod.container.name}` },
    });
    this.#containers.push(container);
    const place = { node: pod.node, all: options.nodes, runId };
    const all = system.daemons(place);
    const daemons = all.map((own) => daemonControl(this.#scope, container, { own, all }));
    this.#placed.set(pod.node.id, { place, node: pod.node, pod, container, daemons, threads: [] });
    if (system.setUp !== undefined) await setUpNode(container, system.setUp(place));
  }

  async #restart(node: NodeId, daemons: readonly DaemonControl[], signal: AbortSignal): Promise<void> {
    if (this.#ended !== undefined || this.#away.has(node)) return;
    await this.#run(node, daemons, { which: "again", signal });
  }

  /** As an operator would who must: with what the node has on disk. */
  async #restartByHand(node: NodeId, signal: AbortSignal): Promise<void> {
    this.#start.progress(`${node}: restarted, as it would not agree with the others again`);
    const { daemons } = this.#find(node);
    for (const daemon of daemons) await daemon.signal("KILL");
    await this.#restart(node, daemons, signal);
  }

  /** Resolves when the node serves. */
  async #run(node: NodeId, daemons: readonly DaemonControl[], { which, signal }: { readonly which: StartKind; readonly signal: AbortSignal }): Promise<void> {
    const placed = this.#find(node);
    this.#startedMs.set(node, monotonicMs());
    await startUp(daemons, {
      node,
      which,
      system: this.#options.system,
      looking: placed.pod.looking,
      msMax: this.#healthyMsMax(),
      signal,
      fetchLogs: async () => {
        await this.#fetchLogs(placed);
        return this.logs(node).filter((file) => basename(file) !== proxyLog);
      },
      logsFolder: this.#start.logsFolder,
    });
  }

  /** In the nodes' order, whichever was placed first. */
  #lookingAt(): Map<NodeId, Lookout> {
    return new Map(this.nodes.flatMap((node) => this.#placed.get(node) ?? []).map(({ node, pod }) => [node.id, pod.looking]));
  }

  #healthyMsMax(): number {
    return this.#options.healthyMsMax ?? healthyMsDefault;
  }

  #find(node: NodeId): Placed {
    const placed = this.#placed.get(node);
    if (placed !== undefined) return placed;
    throw new HarnessError("UNKNOWN_NAME", `the Docker cluster has no node ${JSON.stringify(node)} (it has ${this.nodes.join(", ")})`, { nextStep: "name one of its nodes" });
  }
}

function abilitiesOf({ system, nodes: count }: DockerClusterOptions): Abilities {
  const nodes = nodeNames(count);
  const fixed = fixedMembers(system, nodes);
  return {
    nodes,
    can: ["net", "toxics", "processes", ...(clocksSupported() ? ["clocks" as const] : []), ...(system.membership === undefined ? [] : ["membership" as const]), ...(system.unsyncedMs === undefined ? [] : ["power" as const])],
    processes: processNames(system),
    roles: system.roles,
    ...(fixed === undefined ? {} : { fixedMembers: fixed }),
  };
}

/** What a node's daemons are called; the names do not depend on where it stands. */
function processNames(system: DockerSystem): string[] {
  const node: DockerNode = { id: nodeNames(1)[0]!, address: "127.0.0.1", hostname: "n1.cl" };
  return system.daemons({ node, all: [node], runId: "names" }).map(({ name }) => name);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
