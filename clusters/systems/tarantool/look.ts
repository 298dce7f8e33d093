import { isArray, isObject } from "../../../harness/json.ts";
import type { Endpoint } from "../../../harness/cluster.ts";
import type { NodeId } from "../../../harness/ids.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import type { Lookout } from "../../docker/docker-system.ts";
import { openTarantool } from "./session.ts";

/** Longest wait for one answer while looking; a healthy node takes milliseconds. */
const lookMsMax = 1_000;

interface View {
  readonly primary: boolean;
  readonly running: boolean;
  /** How many peers it follows. */
  readonly following: number;
  /** Number of all changes that it has. */
  readonly changes: number;
  /** Names of the nodes that are registered. */
  readonly members: readonly string[];
  /** What it says the time is, ms since 1970. */
  readonly timeMs: number;
}

/** A node that runs, and has the spaces of the workloads. */
export async function serves(at: Endpoint, signal: AbortSignal): Promise<boolean> {
  return (await viewOf(at, signal))?.running === true;
}

export async function timeMs(at: Endpoint, signal: AbortSignal): Promise<number | undefined> {
  return (await viewOf(at, signal))?.timeMs;
}

/** All run, follow all others, and have the same number of changes. */
export async function disagreement(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<string | undefined> {
  const views = await viewsOf(at, signal);
  const idle = [...views].find(([, view]) => view?.running !== true);
  if (idle !== undefined) return `${idle[0]} does not serve`;
  const alone = [...views].find(([, view]) => view!.following < at.size - 1);
  if (alone !== undefined) return `${alone[0]} follows ${alone[1]!.following} of ${at.size - 1} nodes`;
  const changes = [...new Set([...views.values()].map((view) => view!.changes))];
  return changes.length === 1 ? undefined : `nodes have ${changes.join(" and ")} changes`;
}

/** Names of the nodes that are registered at a node. */
export async function membersSeenBy(at: Endpoint, signal: AbortSignal): Promise<readonly string[] | undefined> {
  return (await viewOf(at, signal))?.members;
}

export async function holders(role: string, at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<readonly NodeId[]> {
  if (role !== "primary" && role !== "replica") return [];
  return [...(await viewsOf(at, signal))].flatMap(([node, view]) => (view !== undefined && view.primary === (role === "primary") ? [node] : []));
}

async function viewsOf(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<Map<NodeId, View | undefined>> {
  return new Map(await Promise.all([...at].map(async ([node, endpoint]): Promise<[NodeId, View | undefined]> => [node, await viewOf(endpoint, signal)])));
}

/** Undefined when there is no answer in time. */
async function viewOf(at: Endpoint, signal: AbortSignal): Promise<View | undefined> {
  const limited = deadlineSignal(lookMsMax, signal);
  try {
    const session = await openTarantool(at, limited);
    const end = (): void => session.end();
    limited.addEventListener("abort", end, { once: true });
    try {
      const said = await session.call("rashomon.status");
      if (!isObject(said)) return undefined;
      const members = said["members"];
      return {
        primary: said["ro"] === false,
        running: said["status"] === "running" && said["ready"] === true,
        following: Number(said["following"]),
        changes: Number(said["signature"]),
        timeMs: Number(said["time"]) * 1_000,
        members: members !== undefined && isArray(members) ? members.map(String) : [],
      };
    } finally {
      end();
    }
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
