import type { Endpoint } from "../../../harness/cluster.ts";
import type { NodeId } from "../../../harness/ids.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import type { DockerNode, Lookout } from "../../docker/docker-system.ts";
import { queueName } from "./client.ts";
import { account, openRabbit } from "./session.ts";

/** The management plugin's HTTP interface; its own port less the pod's proxy for clients, which has 15672. */
export const managementPort = 15673;

/** Longest wait for one answer while looking; a broker whose peers are silent may not answer at all. */
const lookMsMax = 2_000;

/** A broker that lets clients in: it opens its port to them when all else is done. */
export async function serves(at: Endpoint, signal: AbortSignal): Promise<boolean> {
  try {
    const session = await openRabbit(at, deadlineSignal(lookMsMax, signal));
    session.end();
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** Nodes that take themselves for the `leader` of the queue; `follower`s take another for it. */
export async function holders(role: string, at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<NodeId[]> {
  if (role !== "leader" && role !== "primary" && role !== "follower") return [];
  const queues = await ofAll(at, (lookout) => queueSeenBy(lookout, signal));
  return [...queues].filter(([node, queue]) => queue !== undefined && (leaderOf(queue) === brokerName(at.get(node)!)) === (role !== "follower")).map(([node]) => node);
}

/** Every node runs, none takes another for parted, and the queue has an up-to-date copy on each. */
export async function disagreement(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<string | undefined> {
  const views = await ofAll(at, (lookout) => membersSeenBy(lookout, signal));
  for (const [node, members] of views) {
    if (members === undefined) return `${node} does not answer`;
    const running = members.filter((member) => member.running);
    if (running.length !== at.size) return `${node} sees ${running.length} of ${at.size} nodes running`;
    const parted = members.flatMap((member) => (member.partitions ?? []).map((other) => `${member.name} from ${other}`));
    if (parted.length > 0) return `${node} sees nodes parted: ${parted.join(", ")}`;
  }
  for (const [node, queue] of await ofAll(at, (lookout) => queueSeenBy(lookout, signal))) {
    if (queue === undefined) return `${node} does not know the queue`;
    const copies = queue.type === "quorum" ? (queue.online?.length ?? 0) : 1 + (queue.synchronised_slave_nodes?.length ?? 0);
    // A queue that is not mirrored is on one node only.
    if (copies !== at.size) return `${node} sees up-to-date copies of the queue on ${copies} of ${at.size} nodes`;
  }
  return undefined;
}

/** Nodes that see themselves parted from at least half of all, and stay so until they are restarted. */
export async function partedMinority(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<NodeId[]> {
  const views = await ofAll(at, (lookout) => membersSeenBy(lookout, signal));
  return [...views].flatMap(([node, members]) => {
    const own = members?.find(({ name }) => name === brokerName(at.get(node)!));
    return 2 * (own?.partitions?.length ?? 0) >= at.size ? [node] : [];
  });
}

/** The Erlang node of a host. */
export function brokerName({ node }: { readonly node: Pick<DockerNode, "hostname"> }): string {
  return `rabbit@${node.hostname}`;
}

/** Asks the management interface; throws what it refuses. */
export async function ask(at: Lookout, path: string, options: { readonly signal: AbortSignal; readonly put?: object }): Promise<Response> {
  const { host, port } = at.ports.get(managementPort)!;
  const reply = await fetch(`http://${host}:${port}/api/${path}`, {
    signal: deadlineSignal(lookMsMax, options.signal),
    headers: { connection: "close", authorization: `Basic ${Buffer.from(`${account.username}:${account.password}`).toString("base64")}`, "content-type": "application/json" },
    ...(options.put === undefined ? {} : { method: "PUT", body: JSON.stringify(options.put) }),
  });
  if (!reply.ok) throw new Error(`${path} was answered ${reply.status}: ${(await reply.text()).slice(0, 500)}`);
  return reply;
}

/** Of the default virtual host. */
export const queuePath: string = `queues/%2f/${queueName}`;

interface Member {
  readonly name: string;
  readonly running: boolean;
  /** Absent of one that is gone, and until its first statistics. */
  readonly partitions?: readonly string[];
}
interface Queue {
  readonly type: "classic" | "quorum";
  /** Of a classic queue: where its first copy is. */
  readonly node?: string;
  readonly synchronised_slave_nodes?: readonly string[];
  /** Of a quorum queue. */
  readonly leader?: string;
  readonly online?: readonly string[];
}

function leaderOf(queue: Queue): string | undefined {
  return queue.leader ?? queue.node;
}

/** Of the cluster, running or not, by its own list. */
export async function membersSeenBy(at: Lookout, signal: AbortSignal): Promise<readonly Member[] | undefined> {
  return await answer<readonly Member[]>(at, "nodes?columns=name,running,partitions", signal);
}

async function queueSeenBy(at: Lookout, signal: AbortSignal): Promise<Queue | undefined> {
  return await answer<Queue>(at, queuePath, signal);
}

async function answer<T>(at: Lookout, path: string, signal: AbortSignal): Promise<T | undefined> {
  try {
    return (await (await ask(at, path, { signal })).json()) as T;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

async function ofAll<T>(at: ReadonlyMap<NodeId, Lookout>, look: (at: Lookout) => Promise<T>): Promise<Map<NodeId, T>> {
  return new Map(await Promise.all([...at].map(async ([node, lookout]): Promise<[NodeId, T]> => [node, await look(lookout)])));
}
