import { PassThrough } from "node:stream";
import type { ClockControl } from "../../harness/cluster.ts";
import { entryFile } from "../../harness/entry.ts";
import type { NodeId } from "../../harness/ids.ts";
import { clockControl, type ToldTime } from "../clock/control.ts";
import type { Keeper } from "../clock/keeper.ts";
import { programsVariable } from "../clock/keeper-wire.ts";
import { remoteKeeper } from "../clock/remote-keeper.ts";
import { type Container, type RunScope, startContainer } from "./container.ts";
import { processNameOf } from "./daemon.ts";
import type { Daemon } from "./docker-system.ts";
import { dockerArgv } from "./engine.ts";
import { dockerfileBeside, ensureImage } from "./image.ts";
import { ownProgramFiles, ownProgramInImage } from "./own-program.ts";

/**
 * Clocks of what runs in a node's container. The keeper is a program of ours in a container beside it, which shares the
 * node's process namespace and nothing else, and is there from the node's first skew on:
 *
 *     node's container     tini ── etcd …            its vDSO ◀── /proc/PID/mem ──┐
 *     keeper's container   keeper-main ──────────────────────────────────────────┘   SYS_PTRACE, no network
 *                          ▲ standard input and output, by the engine's API: works with any engine on this machine
 *
 * Neither may set the host's clock: SYS_TIME is nobody's. When the harness dies the keeper's input ends, and the clocks
 * are the machine's again; so they are after `docker stop`, which is the undo in the ledger.
 */
export interface DockerClocks extends ClockControl {
  /** Ends the keepers; what they had skewed is the machine's again. */
  end(): Promise<void>;
}

export interface DockerClocksOptions {
  readonly scope: RunScope;
  /** Tag of the base image. */
  readonly base: () => string;
  readonly progress: (line: string) => void;
  /** The node's container, and what its system says runs in it. */
  node(node: NodeId): { readonly container: Container; readonly daemons: readonly Daemon[] };
  ask(node: NodeId, process: string | undefined, signal: AbortSignal): Promise<ToldTime | undefined>;
}

interface Running {
  readonly keeper: Keeper;
  readonly container: Container;
  /** Its end is the keeper's. */
  endInput(): void;
}

export function dockerClocks(options: DockerClocksOptions): DockerClocks {
  const { scope, ask } = options;
  const running = new Map<NodeId, Promise<Running>>();
  const keeperOf = (node: NodeId, signal: AbortSignal): Promise<Running> => {
    const found = running.get(node) ?? start(options, node, signal);
    running.set(node, found);
    // A start that failed is tried again.
    found.catch(() => running.delete(node));
    return found;
  };
  return {
    ...clockControl({
      keeper: async (node, signal) => (await keeperOf(node, signal)).keeper,
      undo: (node) => [{ undo: "argv", argv: dockerArgv(scope.engine, "stop", keeperName(options, node)), tolerated: ["No such container", "is not running"] }],
      ask,
    }),
    async end() {
      for (const started of running.values()) {
        const one = await started.catch(() => undefined);
        one?.endInput();
        await one?.container.remove();
      }
    },
  };
}

async function start(options: DockerClocksOptions, node: NodeId, signal: AbortSignal): Promise<Running> {
  const { scope, progress } = options;
  const { container: beside, daemons } = options.node(node);
  const work = { engine: scope.engine, signal, progress };
  const image = await ensureImage({ name: "clock-keeper", dockerfile: dockerfileBeside(import.meta.url, "./images/clock-keeper"), args: { BASE: options.base() }, files: ownProgramFiles(["harness", "clusters/clock"]) }, work);
  const name = keeperName(options, node);
  const container = await startContainer(scope, {
    name,
    Image: image.tag,
    Entrypoint: ["/usr/local/bin/node", "--disable-warning=ExperimentalWarning", ownProgramInImage(entryFile(import.meta.url, "../clock/keeper-main"))],
    Env: [`${programsVariable}=${JSON.stringify(Object.fromEntries(daemons.map((daemon) => [daemon.name, processNameOf(daemon)])))}`],
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: { NetworkMode: "none", PidMode: `container:${beside.name}`, CapAdd: ["SYS_PTRACE"] },
  });
  const attached = scope.engine.api.getContainer(name);
  const stream = await attached.attach({ stream: true, stdin: true, stdout: true, hijack: true });
  const output = new PassThrough();
  attached.modem.demuxStream(stream, output, new PassThrough());
  stream.once("end", () => output.end()).once("error", () => output.end());
  return { keeper: remoteKeeper(stream, output), container, endInput: () => void stream.end() };
}

function keeperName({ node }: DockerClocksOptions, id: NodeId): string {
  return `${node(id).container.name}-clock`;
}
