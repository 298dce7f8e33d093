import type { Endpoint } from "../../../harness/cluster.ts";
import type { NodeId } from "../../../harness/ids.ts";
import type { Json } from "../../../harness/json.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import type { Lookout } from "../../docker/docker-system.ts";
import { openPostgres } from "./session.ts";

/** Longest wait for one answer while looking; a healthy server takes milliseconds. */
const lookMsMax = 1_000;

/** The first row of a query on a connection of its own; undefined when there is no answer in time. */
export async function firstRow(at: Endpoint, text: string, signal: AbortSignal): Promise<readonly Json[] | undefined> {
  try {
    const limited = deadlineSignal(lookMsMax, signal);
    const session = await openPostgres({ endpoint: at, signal: limited });
    limited.addEventListener("abort", () => session.end(), { once: true });
    try {
      return (await session.run({ text, values: [] })).rows[0];
    } finally {
      session.end();
    }
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** A server that answers queries, as a primary or as a standby. */
export async function serves(at: Endpoint, signal: AbortSignal): Promise<boolean> {
  return (await firstRow(at, "select 1", signal)) !== undefined;
}

/** What the server says the time is, ms since 1970. */
export async function timeMs(at: Endpoint, signal: AbortSignal): Promise<number | undefined> {
  const row = await firstRow(at, "select extract(epoch from clock_timestamp()) * 1000", signal);
  return row === undefined ? undefined : Number(row[0]);
}

/** Nodes that hold the role `primary` (they take writes) or `replica`; the primary of the latest timeline first. */
export async function holders(role: string, at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<NodeId[]> {
  if (role !== "primary" && role !== "leader" && role !== "replica") return [];
  const views = await viewsOf(at, signal);
  return [...views]
    .flatMap(([node, view]) => (view !== undefined && view.primary === (role !== "replica") ? [{ node, timeline: view.timeline }] : []))
    .sort((a, b) => b.timeline - a.timeline)
    .map(({ node }) => node);
}

/** One primary, and every other node a standby that streams from it and has replayed all that it wrote. */
export async function disagreement(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<string | undefined> {
  const views = await viewsOf(at, signal);
  const silent = [...views].find(([, view]) => view === undefined);
  if (silent !== undefined) return `${silent[0]} does not answer`;
  const primaries = [...views].filter(([, view]) => view!.primary).map(([node]) => node);
  if (primaries.length !== 1) return `primaries: ${primaries.join(", ") || "none"}`;
  const [primary] = primaries as [NodeId];
  const written = views.get(primary)!.position;
  // Positions are asked of the standbys after the primary's, so that one that has caught up is seen to have.
  const after = await viewsOf(new Map([...at].filter(([node]) => node !== primary)), signal);
  const late = [...after].find(([, view]) => view === undefined || view.position < written);
  if (late !== undefined) return `${late[0]} has replayed to ${late[1]?.position ?? "nowhere"}, ${primary} wrote to ${written}`;
  const now = (await viewOf(at.get(primary)!, signal))?.position ?? written;
  const ahead = [...after].find(([, view]) => view!.position > now);
  if (ahead !== undefined) return `${ahead[0]} has replayed to ${ahead[1]!.position}, beyond what ${primary} wrote (${now}): their histories differ`;
  const streaming = Number((await firstRow(at.get(primary)!, "select count(*) from pg_stat_replication where state = 'streaming'", signal))?.[0] ?? -1);
  return streaming >= at.size - 1 ? undefined : `${streaming} of ${at.size - 1} standbys stream from ${primary}`;
}

/** Names of a primary and of those that it sends its log to, but for backups; undefined of a standby, which knows of no other. */
export async function streamingSeenBy(at: Lookout, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const row = await firstRow(at, "select pg_is_in_recovery(), string_agg(application_name, ',') filter (where state <> 'backup') from pg_stat_replication", signal);
  if (row?.[0] !== "f") return undefined;
  return [at.node.id, ...String(row[1] ?? "").split(",")];
}

/** Makes the tables of `schema` where the writes go. */
export async function makeTables(schema: readonly string[], at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<void> {
  const [primary] = await holders("primary", at, signal);
  if (primary === undefined) throw new Error("no node takes writes, so there is none to make tables on");
  const session = await openPostgres({ endpoint: at.get(primary)!, signal });
  try {
    for (const text of schema) await session.run({ text, values: [] });
  } finally {
    session.end();
  }
}

interface View {
  readonly primary: boolean;
  /** Bytes of log written (primary) or replayed (standby). */
  readonly position: number;
  readonly timeline: number;
}

async function viewsOf(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<Map<NodeId, View | undefined>> {
  return new Map(await Promise.all([...at].map(async ([node, endpoint]): Promise<[NodeId, View | undefined]> => [node, await viewOf(endpoint, signal)])));
}

async function viewOf(at: Endpoint, signal: AbortSignal): Promise<View | undefined> {
  const row = await firstRow(
    at,
    `select pg_is_in_recovery(),
            (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end) - '0/0'::pg_lsn,
            (select timeline_id from pg_control_checkpoint())`,
    signal,
  );
  return row === undefined ? undefined : { primary: row[0] === "f", position: Number(row[1]), timeline: Number(row[2]) };
}
