import type { Endpoint } from "../../../harness/cluster.ts";
import type { NodeId } from "../../../harness/ids.ts";
import { isArray, type Json } from "../../../harness/json.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import type { Lookout } from "../../docker/docker-system.ts";
import { openRedis, type Command } from "./session.ts";

export const sentinelPort = 26379;
/** Sentinel's name for what it watches. */
export const watchedName = "rashomon";

/** Longest wait for one answer while looking; a healthy server takes milliseconds. */
const lookMsMax = 1_000;

/** A server that has loaded its data: it refuses to tell its role before. */
export async function serves(at: Endpoint, signal: AbortSignal): Promise<boolean> {
  return (await roleOf(at, signal)) !== undefined;
}

export async function sentinelServes(at: Lookout, signal: AbortSignal): Promise<boolean> {
  return (await watchedBy(at, signal)) !== undefined;
}

/** Nodes that hold the role `primary` or `replica`; of several primaries the one that most Sentinels name comes first. */
export async function holders(role: string, at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<NodeId[]> {
  if (role !== "primary" && role !== "leader" && role !== "replica") return [];
  const [roles, watched] = await Promise.all([ofAll(at, (lookout) => roleOf(lookout, signal)), ofAll(at, (lookout) => watchedBy(lookout, signal))]);
  const votes = (node: NodeId): number => [...watched.values()].filter((view) => view?.address === at.get(node)!.node.address).length;
  return [...roles]
    .filter(([, seen]) => seen !== undefined && (seen.kind === "primary") === (role !== "replica"))
    .map(([node]) => node)
    .sort((a, b) => votes(b) - votes(a));
}

/**
 * One primary, which every Sentinel names and thinks well; every other node a replica of it that has what it had when
 * it was asked first; every Sentinel in touch with all others.
 */
export async function disagreement(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<string | undefined> {
  const roles = await ofAll(at, (lookout) => roleOf(lookout, signal));
  const silent = [...roles].find(([, role]) => role === undefined);
  if (silent !== undefined) return `${silent[0]} does not answer`;
  const primaries = [...roles].filter(([, role]) => role!.kind === "primary").map(([node]) => node);
  const [primary, ...others] = primaries;
  if (primary === undefined || others.length > 0) return `primaries: ${primaries.join(", ") || "none"}`;
  const address = at.get(primary)!.node.address;
  for (const [node, view] of await ofAll(at, (lookout) => watchedBy(lookout, signal))) {
    if (view === undefined) return `the Sentinel of ${node} does not answer`;
    if (view.address !== address || view.flags !== "master") return `the Sentinel of ${node} sees ${view.flags} at ${view.address}, the primary is ${primary} at ${address}`;
    if (view.sentinels !== at.size - 1 || view.replicas !== at.size - 1) return `the Sentinel of ${node} knows ${view.sentinels} other Sentinels and ${view.replicas} replicas of ${at.size - 1}`;
  }
  const written = roles.get(primary)!.offset;
  // Asked again, so that a replica that follows while the primary goes on is seen to keep up.
  for (const [node, role] of await ofAll(at, (lookout) => roleOf(lookout, signal))) {
    if (node === primary) continue;
    if (role?.kind !== "replica" || role.of !== address || role.link !== "connected") return `${node} is no replica that is connected to ${primary}`;
    if (role.offset < written) return `${node} has replicated to ${role.offset}, ${primary} wrote to ${written}`;
  }
  return undefined;
}

/** Addresses of the nodes whose Redis and whose Sentinel a node's Sentinel counts, dead or alive. */
export async function membersSeenBy({ node, ports }: Lookout, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const sentinel = ports.get(sentinelPort)!;
  const asked = ["MASTER", "REPLICAS", "SENTINELS"].map((what) => answerOf(sentinel, ["SENTINEL", what, watchedName], signal));
  const [primary, replicas, sentinels] = await Promise.all(asked);
  if (primary === undefined || replicas === undefined || sentinels === undefined) return undefined;
  const beside = [node.address, ...addressesIn(sentinels)];
  return addressesIn([primary, ...replicas]).filter((address) => beside.includes(address));
}

function addressesIn(entries: readonly Json[]): string[] {
  return entries.flatMap((entry) => (isArray(entry) ? [fieldOf(entry, "ip")] : []));
}

/** Of what Sentinel tells as names and values in turn. */
function fieldOf(entry: readonly Json[], name: string): string {
  return String(entry[entry.indexOf(name) + 1]);
}

/** What the server says the time is, ms since 1970. */
export async function timeMs(at: Endpoint, signal: AbortSignal): Promise<number | undefined> {
  const answer = await answerOf(at, ["TIME"], signal);
  return answer === undefined ? undefined : Number(answer[0]) * 1_000 + Number(answer[1]) / 1_000;
}

type Role =
  | { readonly kind: "primary"; readonly offset: number }
  | { readonly kind: "replica"; readonly offset: number; readonly of: string; readonly link: string };

/** `ROLE`: master, offset, replicas; or slave, address, port, state of the link, offset. */
async function roleOf(at: Endpoint, signal: AbortSignal): Promise<Role | undefined> {
  const answer = await answerOf(at, ["ROLE"], signal);
  if (answer === undefined) return undefined;
  if (answer[0] === "master") return { kind: "primary", offset: Number(answer[1]) };
  return { kind: "replica", of: String(answer[1]), link: String(answer[3]), offset: Number(answer[4]) };
}

interface Watched {
  readonly address: string;
  /** `master` alone when nothing is wrong. */
  readonly flags: string;
  readonly sentinels: number;
  readonly replicas: number;
}

/** What a node's Sentinel says of the primary. */
async function watchedBy({ ports }: Lookout, signal: AbortSignal): Promise<Watched | undefined> {
  const answer = await answerOf(ports.get(sentinelPort)!, ["SENTINEL", "MASTER", watchedName], signal);
  if (answer === undefined) return undefined;
  return { address: fieldOf(answer, "ip"), flags: fieldOf(answer, "flags"), sentinels: Number(fieldOf(answer, "num-other-sentinels")), replicas: Number(fieldOf(answer, "num-slaves")) };
}

/** A list, asked for on a connection of its own; undefined when there is none in time. */
async function answerOf(at: Endpoint, command: Command, signal: AbortSignal): Promise<readonly Json[] | undefined> {
  try {
    const limited = deadlineSignal(lookMsMax, signal);
    const session = await openRedis(at, limited);
    limited.addEventListener("abort", session.end, { once: true });
    try {
      const answer = await session.ask(command);
      return isArray(answer) ? answer : undefined;
    } finally {
      session.end();
    }
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

async function ofAll<T>(at: ReadonlyMap<NodeId, Lookout>, ask: (at: Lookout) => Promise<T>): Promise<Map<NodeId, T>> {
  return new Map(await Promise.all([...at].map(async ([node, lookout]): Promise<[NodeId, T]> => [node, await ask(lookout)])));
}
