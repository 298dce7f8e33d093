import type Docker from "dockerode";
import type { Cluster, Endpoint, RunningCluster } from "../../harness/cluster.ts";
import { HarnessError } from "../../harness/errors.ts";
import { nodeNames, type NodeId } from "../../harness/ids.ts";
import { deadlineSignal } from "../../harness/time.ts";
import { connectEngine, type Engine } from "../docker/engine.ts";
import { followContainer } from "../docker/follow.ts";
import { statusCode } from "../docker/image.ts";
import { processControl } from "../docker/processes.ts";
import { containerControl } from "./container-control.ts";
import { type Ready, isReady, untilAllReady } from "./readiness.ts";

/**
 * Containers that somebody else started (by hand, by Testcontainers) and names one by one. They get load at a port that
 * they publish on this machine. Only with leave are they paused and killed, and always set going again, by the ledger if
 * need be; their links are never touched, and they are never removed.
 */
export interface AdoptedClusterOptions {
  /** Ids or names. */
  readonly containers: readonly string[];
  /** Where the service listens in its container. */
  readonly port: number;
  readonly ready: Ready;
  readonly readyMsMax: number;
  readonly faults: "allowed" | "refused";
}

export function adoptedCluster(options: AdoptedClusterOptions): Cluster {
  const { containers, faults } = options;
  // An error says the name: what is refused is refused for want of this option.
  const name = faults === "allowed" ? "adopted containers" : "adopted containers without --allow-faults";
  return {
    name,
    abilities: { nodes: nodeNames(containers.length), can: faults === "allowed" ? ["processes"] : [], processes: ["container"], roles: [] },
    async start({ signal }): Promise<RunningCluster> {
      const engine = await connectEngine();
      const nodes = nodeNames(options.containers.length);
      const adopted = new Map(await Promise.all(nodes.map(async (node, index) => [node, await adopt(engine, options.containers[index]!, options.port)] as const)));
      const idle = async (asked: readonly NodeId[], until: AbortSignal): Promise<NodeId[]> =>
        (await Promise.all(asked.map(async (node) => ((await isReady(options.ready, adopted.get(node)!.endpoint, until)) ? [] : [node])))).flat();
      const converged = (until: AbortSignal, asked: readonly NodeId[] = nodes): Promise<void> =>
        untilAllReady(() => idle(asked, until), { signal: until, nextStep: `look at them with \`docker logs\`: ${options.containers.join(", ")}` });
      const controls = new Map(nodes.map((node) => [node, containerControl(engine, { id: adopted.get(node)!.id, name: "container" })]));
      const processes = processControl(["container"], {
        daemons: (node) => [controls.get(node)!],
        async restart(node, held, until) {
          for (const control of held) await control.start();
          await adopted.get(node)!.look();
          await converged(deadlineSignal(options.readyMsMax, until), [node]);
        },
      });
      await converged(deadlineSignal(options.readyMsMax, signal));
      return {
        name,
        nodes,
        endpoint: (node) => Promise.resolve(adopted.get(node)!.endpoint),
        healthy: (node, until) => isReady(options.ready, adopted.get(node)!.endpoint, until),
        converged: (until) => converged(until),
        logs: () => [],
        followLogs: async (tell, until) => void (await Promise.all(nodes.map((node) => followContainer(engine, adopted.get(node)!.id, { tell: (line) => tell(node, line), signal: until })))),
        describe: () => ({ cluster: "adopted containers", containers: nodes.map((node) => adopted.get(node)!.id), images: Object.fromEntries(nodes.map((node) => [node, adopted.get(node)!.image])) }),
        ...(options.faults === "allowed" ? { processes } : {}),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}

interface Adopted {
  readonly id: string;
  readonly image: string;
  endpoint: Endpoint;
  /** A container that was started again may have another port on this machine. */
  look(): Promise<void>;
}

async function adopt(engine: Engine, name: string, port: number): Promise<Adopted> {
  const found = await inspect(engine, name);
  const adopted: Adopted = {
    id: found.Id,
    image: found.Image,
    endpoint: published(found, port),
    async look() {
      adopted.endpoint = published(await inspect(engine, found.Id), port);
    },
  };
  return adopted;
}

async function inspect(engine: Engine, name: string): Promise<Docker.ContainerInspectInfo> {
  try {
    const found = await engine.api.getContainer(name).inspect();
    if (found.State.Running) return found;
    throw new HarnessError("CLUSTER_START", `container ${name} does not run (${found.State.Status})`, { nextStep: `start it: docker start ${name}` });
  } catch (cause) {
    if (statusCode(cause) !== 404) throw cause;
    throw new HarnessError("UNKNOWN_NAME", `there is no container ${name}`, { nextStep: "name one that `docker ps` shows, by its id or name", cause });
  }
}

function published({ Name, NetworkSettings }: Docker.ContainerInspectInfo, port: number): Endpoint {
  const host = NetworkSettings.Ports[`${port}/tcp`]?.map(({ HostPort }) => Number(HostPort)).find((number) => number > 0);
  if (host !== undefined) return { host: "127.0.0.1", port: host };
  throw new HarnessError("CLUSTER_START", `container ${Name.slice(1)} does not publish its port ${port}`, { nextStep: `start it with -p 127.0.0.1::${port}` });
}
