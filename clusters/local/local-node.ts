import { join } from "node:path";
import { assert } from "../../harness/assert.ts";
import type { ActorId } from "../../harness/actor.ts";
import type { Endpoint } from "../../harness/cluster.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { NodeId } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { deadlineSignal, monotonicMs, sleep } from "../../harness/time.ts";
import { openClientLink } from "./client-link.ts";
import { durableFileName, fallBack } from "./durable-store.ts";
import type { NodeConfig, PeersLine } from "./node-config.ts";
import { logTail, nodeExited, type NodeProcess, type NodeSpawn, spawnNode } from "./node-process.ts";
import type { Health } from "./wire.ts";

/**
 * A node over all its lives: the same name, folder and log, a new process, port and epoch after each kill.
 * It is asked for its health directly, not through a proxy, so a cut link does not make a node look dead.
 */
export class LocalNode {
  readonly name: NodeId;
  readonly id: ActorId;
  readonly #options: LocalNodeOptions;
  #process: NodeProcess;
  #port = 0;
  #epoch = 0;
  /** An exit that nobody asked for is worth a line. */
  #mayExit = false;
  #announced = false;
  #introduced = false;
  #spawnedAtMs = 0;

  /** Spawns its first life. */
  constructor(options: LocalNodeOptions) {
    this.name = options.spawn.node;
    this.id = options.spawn.config.id;
    this.#options = options;
    this.#process = this.#spawn();
  }

  get process(): NodeProcess {
    return this.#process;
  }

  /** Where this life listens; where the last one did, until this one does. */
  get address(): Endpoint {
    assert(this.#port !== 0, `${this.name} listens before it is asked where`);
    return { host: "127.0.0.1", port: this.#port };
  }

  /** Waits until it listens; resolves to its address. */
  async listening(signal: AbortSignal): Promise<Endpoint> {
    const waitMs = this.#options.healthyMsMax;
    try {
      this.#port = await this.#process.listening(deadlineSignal(waitMs, signal));
    } catch (error) {
      if (error instanceof HarnessError) throw error;
      throw this.#unhealthy(`${this.name} did not listen`, monotonicMs() - this.#spawnedAtMs, error);
    }
    return this.address;
  }

  /** Tells this life where its links lead; its actor starts with the first telling. */
  introduce(line: PeersLine): void {
    this.#process.tellPeers(line);
    this.#introduced = true;
  }

  /** Has this life been told its peers? */
  get introduced(): boolean {
    return this.#introduced;
  }

  /** Starts a new life with what the last one had on disk. It listens nowhere yet. */
  respawn(): void {
    assert(this.#process.exit() !== undefined, `${this.name} is dead before it starts again`);
    this.#epoch++;
    this.#process = this.#spawn();
  }

  /** One real request. Rejects when it is not answered. */
  async health(signal: AbortSignal): Promise<Health> {
    const link = await openClientLink({ endpoint: this.address, name: "health", signal });
    try {
      return await link.health(signal);
    } finally {
      link.close();
    }
  }

  /** True when it answers within two seconds, as the life that is meant, with its actor started. */
  async serves(signal: AbortSignal): Promise<boolean> {
    if (this.#process.exit() !== undefined) return false;
    try {
      const health = await this.health(deadlineSignal(Math.min(this.#options.healthyMsMax, probeMsMax), signal));
      return health.ready && health.node === this.id && health.epoch === this.#epoch;
    } catch {
      return false;
    }
  }

  /** Waits until it serves. Throws `NODE_EXITED` or `NODE_UNHEALTHY`, each with the log's last lines. */
  async untilServing(signal: AbortSignal): Promise<void> {
    const waitMs = this.#options.healthyMsMax;
    const start = monotonicMs();
    while (!(await this.serves(signal))) {
      const exit = this.#process.exit();
      if (exit !== undefined) throw nodeExited(this.#process, exit);
      const waitedMs = monotonicMs() - start;
      if (waitedMs > waitMs || signal.aborted) throw this.#unhealthy(`${this.name} did not answer a health request`, waitedMs, signal.reason);
      await sleep(pollMs);
    }
    if (this.#announced) return;
    this.#announced = true;
    this.#options.progress(`${this.name}: healthy after ${((monotonicMs() - this.#spawnedAtMs) / 1000).toFixed(1)} s`);
  }

  /** SIGKILL; resolves when it is gone. Nothing happens to a dead one. */
  async kill(): Promise<void> {
    this.#mayExit = true;
    this.#process.signal("SIGKILL");
    await this.#process.exited;
  }

  /** Its disk loses the newest saves, back to `durable`; false when that is not among them. */
  loseWrites(durable: Json): boolean {
    assert(this.#process.exit() !== undefined, `${this.name} is dead while its disk loses what it had saved`);
    return fallBack(join(this.#options.spawn.config.dataFolder, durableFileName), durable);
  }

  /** Ends it for good; resolves when it is gone. */
  async end(): Promise<void> {
    this.#mayExit = true;
    await this.#process.end();
  }

  #spawn(): NodeProcess {
    this.#mayExit = false;
    this.#announced = false;
    this.#introduced = false;
    this.#spawnedAtMs = monotonicMs();
    const { spawn } = this.#options;
    const life = spawnNode({ ...spawn, config: { ...spawn.config, epoch: this.#epoch } });
    void life.exited.then((exit) => {
      if (!this.#mayExit) this.#options.progress(nodeExited(life, exit).message);
    });
    return life;
  }

  #unhealthy(what: string, waitedMs: number, cause?: unknown): HarnessError {
    return new HarnessError("NODE_UNHEALTHY", `${what} within ${Math.round(waitedMs)} ms; its log ends:\n${logTail(this.#process.logFile)}`, {
      nextStep: `read ${this.#process.logFile}, or allow more time if the machine is loaded`,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

export interface LocalNodeOptions {
  /** The epoch in its configuration is counted up by each life. */
  readonly spawn: Omit<NodeSpawn, "config"> & { readonly config: Omit<NodeConfig, "epoch"> };
  /** How long it may take to listen, and then to serve. */
  readonly healthyMsMax: number;
  readonly progress: (line: string) => void;
}

const pollMs = 25;
/** One health request may take that long before the next is tried. */
const probeMsMax = 2_000;
