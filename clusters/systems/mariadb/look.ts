import type { Endpoint } from "../../../harness/cluster.ts";
import type { NodeId } from "../../../harness/ids.ts";
import type { Json } from "../../../harness/json.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import type { Lookout } from "../../docker/docker-system.ts";
import { openMariadb } from "./session.ts";

/** Longest wait for one answer while looking; a healthy server takes milliseconds. */
const lookMsMax = 1_000;

/** A server that answers queries. */
export async function serves(at: Endpoint, signal: AbortSignal): Promise<boolean> {
  return (await rowsOf(at, "select 1", signal)) !== undefined;
}

/** A node that takes part in its cluster: one that is not ready refuses what clients ask. */
export async function servesInCluster(at: Endpoint, signal: AbortSignal): Promise<boolean> {
  return (await viewOf(at, signal))?.ready === "ON";
}

/** What the server says the time is, ms since 1970. */
export async function timeMs(at: Endpoint, signal: AbortSignal): Promise<number | undefined> {
  const rows = await rowsOf(at, "select unix_timestamp(sysdate(6)) * 1000", signal);
  return rows?.[0] === undefined ? undefined : Number(rows[0][0]);
}

/** Every node is in one primary component of all nodes, synchronised, and has applied what any of them had committed. */
export async function clusterDisagreement(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<string | undefined> {
  const views = await viewsOf(at, signal);
  for (const [node, view] of views) {
    if (view === undefined) return `${node} does not answer`;
    if (view.status !== "Primary" || view.state !== "Synced" || view.ready !== "ON" || view.size !== at.size) return `${node} is ${view.state} in a component ${view.status} of ${view.size}`;
  }
  const committed = Math.max(...[...views.values()].map((view) => view!.committed));
  // Asked again, so that a node that applies while others commit is seen to keep up.
  const late = [...(await viewsOf(at, signal))].find(([, view]) => view === undefined || view.committed < committed);
  return late === undefined ? undefined : `${late[0]} has applied ${late[1]?.committed ?? "nothing"} of ${committed} transactions`;
}

/** Names of the nodes in the group of a node that is in a primary component. */
export async function membersSeenBy(at: Endpoint, signal: AbortSignal): Promise<readonly string[] | undefined> {
  if ((await viewOf(at, signal))?.ready !== "ON") return undefined;
  return (await rowsOf(at, "select node_name from mysql.wsrep_cluster_members", signal))?.map((row) => String(row[0]));
}

interface View {
  readonly ready: string;
  readonly status: string;
  readonly state: string;
  readonly size: number;
  readonly committed: number;
}

async function viewsOf(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<Map<NodeId, View | undefined>> {
  return new Map(await Promise.all([...at].map(async ([node, endpoint]): Promise<[NodeId, View | undefined]> => [node, await viewOf(endpoint, signal)])));
}

/** `show status` is answered by a node that refuses all else. */
async function viewOf(at: Endpoint, signal: AbortSignal): Promise<View | undefined> {
  const rows = await rowsOf(at, "show global status like 'wsrep\\_%'", signal);
  if (rows === undefined) return undefined;
  const status = new Map(rows.map((row) => [String(row[0]), String(row[1])]));
  const text = (name: string): string => status.get(name) ?? "";
  return {
    ready: text("wsrep_ready"),
    status: text("wsrep_cluster_status"),
    state: text("wsrep_local_state_comment"),
    size: Number(text("wsrep_cluster_size")),
    committed: Number(text("wsrep_last_committed")),
  };
}

/** Of a query on a connection of its own; undefined when there is no answer in time. */
async function rowsOf(at: Endpoint, text: string, signal: AbortSignal): Promise<Awaited<readonly (readonly Json[])[]> | undefined> {
  try {
    const limited = deadlineSignal(lookMsMax, signal);
    const session = await openMariadb(at, { session: [], signal: limited });
    limited.addEventListener("abort", () => session.end(), { once: true });
    try {
      return (await session.run({ text, values: [] })).rows;
    } finally {
      session.end();
    }
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
