import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SystemDefinition } from "../../harness/actor.ts";
import type { Abilities, ClockControl, ClusterStart, Endpoint, Net, ProcessControl } from "../../harness/cluster.ts";
import { HarnessError } from "../../harness/errors.ts";
import { type NodeId, nodeNames } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import type { Settings } from "../../harness/options.ts";
import { deadlineSignal, monotonicMs, sleep } from "../../harness/time.ts";
import { begun } from "../begun.ts";
import { clocksSupported } from "../clock/process-clock.ts";
import type { RunningActorCluster } from "./actor-cluster.ts";
import { localClocks } from "./clocks.ts";
import { makeDataFolder } from "./data-folder.ts";
import { directLinks, type LinkName, type Links } from "./links.ts";
import { LocalNode } from "./local-node.ts";
import { processControl } from "./process-control.ts";
import { startProxiedLinks } from "./proxied-links.ts";
import { traceFileName } from "./trace.ts";

/**
 * A system of actors as real processes on this machine. Each node is a child process with its own folder; each
 * directed link between nodes, and each client's link to a node, is a TCP connection through a proxy of its own:
 *
 *        client thread 0 ──c0-n1──▶ ┌────┐ ──n1-n2──▶ ┌────┐
 *                                   │ n1 │            │ n2 │
 *        client thread 1 ──c1-n2──▶ └────┘ ◀──n2-n1── └────┘
 *
 * All proxies live in one child process, so no pause of the harness sits on a link. Ports are the kernel's choice.
 * Nodes and proxies end when the harness does: by themselves at the end of their standard input, and through the
 * ledger if they are stopped or stuck.
 */
export interface LocalClusterOptions {
  readonly definition: SystemDefinition;
  readonly settings: Settings;
  /** How many nodes are expected; the system's own number by default, and an error if it is another. */
  readonly nodes?: number;
  /** Absolute; absent or empty when the cluster starts, gone when it has ended. A fresh folder below the temporary one by default: `heal` removes folders only there and below the run's. */
  readonly dataFolder?: string;
  /** Fixed ports of the nodes, in their order; by default the kernel chooses. A taken one is `PORT_TAKEN`. */
  readonly ports?: readonly number[];
  /** How long a node may take to listen, and then to serve; 20 s by default: starting Node takes 0.2 s, on a loaded machine many times that. */
  readonly healthyMsMax?: number;
  /** Keep the actors' diaries (`messages.jsonl`); true by default: a run can then be replayed and drawn. */
  readonly trace?: boolean;
  /** Size at which a node's diary ends; 256 MB by default, half a million events. */
  readonly traceBytesMax?: number;
  /** `proxied` by default; `direct` has no proxies and so no `net`. */
  readonly links?: "proxied" | "direct";
  /** `clock` by default; `command`: nodes handle what they are told to, when they are told to: for replays. */
  readonly pace?: "clock" | "command";
  /** What to run in place of the node's own program, as an argument list without a shell: for wrappers, and for tests of bad starts. */
  readonly program?: readonly string[];
}

/** What a local cluster can do beyond the common interface. */
export interface LocalRunningCluster extends RunningActorCluster {
  readonly processes: ProcessControl;
  /** Absent where links are direct. */
  readonly net?: Required<Net>;
  /** The disk of a node that was killed loses its newest saves, back to `durable`; false when that is not among them. */
  loseWrites(node: NodeId, durable: Json): boolean;
}

/** A `Cluster`. */
export interface LocalCluster {
  readonly name: "local";
  readonly abilities: Abilities;
  start(start: ClusterStart): Promise<LocalRunningCluster>;
}

/** A cluster that starts into a `LocalRunningCluster`. A start that fails ends whatever it had started. */
export function localCluster(options: LocalClusterOptions): LocalCluster {
  return {
    name: "local",
    abilities: {
      nodes: nodeNames(options.definition.make(options.settings).servers),
      can: [...(options.links === "direct" ? [] : (["net", "toxics"] as const)), "processes", ...(clocksSupported() ? (["clocks"] as const) : [])],
      processes: [],
      roles: [],
    },
    start: async (start) => await begun(new Local(options, start), { what: "the local cluster", signal: start.signal }),
  };
}

class Local implements LocalRunningCluster {
  readonly name = "local";
  readonly nodes: readonly NodeId[];
  readonly processes: ProcessControl;
  readonly clocks?: ClockControl;
  net?: Required<Net>;
  readonly #options: LocalClusterOptions;
  readonly #start: ClusterStart;
  readonly #nodes: LocalNode[] = [];
  /** By name `c0-n1`: the links that clients have asked for. */
  readonly #clientLinks = new Map<string, LinkName>();
  /** What must be undone, in the order in which it was done. */
  readonly #undos: (() => Promise<void>)[] = [];
  #links: Links = directLinks();
  #ended: Promise<void> | undefined;

  constructor(options: LocalClusterOptions, start: ClusterStart) {
    const system = options.definition.make(options.settings);
    if (options.nodes !== undefined && options.nodes !== system.servers) {
      throw new HarnessError("BAD_OPTION", `system ${system.name} has ${system.servers} servers by its settings, not ${options.nodes} nodes`, {
        nextStep: `set servers=${options.nodes}`,
      });
    }
    this.#options = options;
    this.#start = start;
    this.nodes = nodeNames(system.servers);
    this.processes = processControl({ find: (node) => this.#find(node), restart: (node, signal) => this.#restart(node, signal) });
    if (!clocksSupported()) return;
    const clocks = localClocks((node) => this.#find(node));
    this.clocks = clocks;
    this.#undos.push(() => Promise.resolve(clocks[Symbol.dispose]()));
  }

  async begin(): Promise<void> {
    const { signal, progress } = this.#start;
    const data = makeDataFolder(this.#options.dataFolder, this.#start.ledger);
    this.#undos.push(data.remove);
    // Node needs longer to start than anything else here: all processes at once.
    for (const [id, node] of this.nodes.entries()) this.#spawn(id, node, join(data.path, node));
    this.#links = await this.#startLinks();
    this.#undos.push(async () => this.#links[Symbol.asyncDispose]());
    if (this.#links.net !== undefined) this.net = this.#links.net;
    await Promise.all(this.#nodes.map((node) => node.listening(signal)));
    progress(`${this.nodes.length} nodes listen`);
    await Promise.all(this.#nodes.map((node) => this.#introduce(node)));
    await Promise.all(this.#nodes.map((node) => node.untilServing(signal)));
  }

  async endpoint(node: NodeId, thread: number): Promise<Endpoint> {
    const link: LinkName = { from: thread, to: node };
    const { address } = this.#find(node);
    this.#clientLinks.set(`c${thread}-${node}`, link);
    return this.#links.connect(link, address);
  }

  address(node: NodeId): Endpoint {
    return this.#find(node).address;
  }

  loseWrites(node: NodeId, durable: Json): boolean {
    return this.#find(node).loseWrites(durable);
  }

  healthy(node: NodeId, signal: AbortSignal): Promise<boolean> {
    return this.#find(node).serves(signal);
  }

  /** Serving, and every link welcomed by its peer in both directions. */
  async converged(signal: AbortSignal): Promise<void> {
    const start = monotonicMs();
    for (const node of this.#nodes) await node.untilServing(signal);
    for (const node of this.#nodes) {
      for (;;) {
        const missing = await this.#missingLinks(node, signal);
        if (missing.length === 0) break;
        if (signal.aborted) {
          throw new HarnessError("NODE_UNHEALTHY", `links ${missing.join(", ")} were not up after ${Math.round(monotonicMs() - start)} ms`, {
            nextStep: "see in faults.jsonl whether a fault still holds them",
            cause: signal.reason,
          });
        }
        await sleep(25);
      }
    }
  }

  logs(node: NodeId): readonly string[] {
    const folder = join(this.#start.logsFolder, this.#find(node).name);
    return ["node.log", traceFileName].map((file) => join(folder, file)).filter((file) => existsSync(file));
  }

  describe(): { readonly [key: string]: string | number | Settings } {
    const { definition, settings, links = "proxied" } = this.#options;
    return { cluster: "local", system: definition.name, settings, nodes: this.nodes.length, links, node: process.version };
  }

  /** Ends all, last made first; safe to call twice. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    // Nodes go first: their last frames then find proxies, and the folders are theirs no more.
    const failures: unknown[] = [];
    const attempt = (work: Promise<void>): Promise<void> => work.catch((error: unknown) => void failures.push(error));
    await Promise.all(this.#nodes.map((node) => attempt(node.end())));
    for (const undo of this.#undos.toReversed()) await attempt(undo());
    if (failures.length > 0) {
      throw new HarnessError("HEAL_FAILED", "the local cluster could not be ended", {
        nextStep: "run `rashomon heal`",
        cause: failures.length === 1 ? failures[0] : new AggregateError(failures, failures.map(String).join("; ")),
      });
    }
  }

  #find(name: NodeId): LocalNode {
    const node = this.#nodes.find((candidate) => candidate.name === name);
    if (node === undefined) {
      throw new HarnessError("UNKNOWN_NAME", `the local cluster has no node ${JSON.stringify(name)} (it has ${this.nodes.join(", ")})`, { nextStep: "name one of its nodes" });
    }
    return node;
  }

  #startLinks(): Promise<Links> {
    return this.#options.links === "direct" ? Promise.resolve(directLinks()) : startProxiedLinks(this.#start);
  }

  #spawn(id: number, node: NodeId, dataFolder: string): void {
    const { definition, settings, ports, program, trace = true, traceBytesMax = 256 * 1024 * 1024, pace = "clock", healthyMsMax = 20_000 } = this.#options;
    const { ledger, logsFolder, random, progress } = this.#start;
    const folder = join(logsFolder, node);
    this.#nodes.push(
      new LocalNode({
        healthyMsMax,
        progress,
        spawn: {
          node,
          ledger,
          program,
          logFile: join(folder, "node.log"),
          config: {
            system: definition.name,
            settings,
            id,
            port: ports?.[id] ?? 0,
            dataFolder,
            seed: random.seed,
            traceFile: trace ? join(folder, traceFileName) : null,
            traceBytesMax,
            pace,
          },
        },
      }),
    );
  }

  /** Links on which the peer has not welcomed `node`; all of them when it does not say. */
  async #missingLinks(node: LocalNode, signal: AbortSignal): Promise<string[]> {
    const health = await node.health(deadlineSignal(2_000, signal)).catch(() => undefined);
    return this.#nodes.filter((peer) => peer !== node && health?.links[peer.id] !== true).map((peer) => `${node.name}-${peer.name}`);
  }

  /** Tells `node` how to reach its peers; its actor starts then. */
  async #introduce(node: LocalNode): Promise<void> {
    const peers: { [id: string]: Endpoint } = {};
    for (const peer of this.#nodes) {
      if (peer !== node) peers[peer.id] = await this.#links.connect({ from: node.name, to: peer.name }, peer.address);
    }
    node.introduce({ peers });
  }

  /** Goes on where an earlier attempt was interrupted; nothing happens to a node that runs. */
  async #restart(name: NodeId, signal: AbortSignal): Promise<void> {
    const node = this.#find(name);
    if (this.#ended !== undefined) return;
    if (node.process.exit() !== undefined) node.respawn();
    else if (node.introduced) return;
    await node.listening(signal);
    // Every link to it leads to the new life's port; behind proxies the diallers see no change of address.
    const diallers = [...this.#clientLinks.values(), ...this.nodes.map((from): LinkName => ({ from, to: name }))];
    for (const link of diallers) if (link.to === name && link.from !== name) await this.#links.connect(link, node.address);
    const alive = this.#nodes.filter((peer) => peer === node || (peer.process.exit() === undefined && peer.introduced));
    await Promise.all(alive.map((peer) => this.#introduce(peer)));
    await node.untilServing(signal);
  }
}
