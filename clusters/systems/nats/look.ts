import { isArray, isObject, type Json } from "../../../harness/json.ts";
import type { NodeId } from "../../../harness/ids.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import type { Lookout } from "../../docker/docker-system.ts";
import { ask } from "../etcd/http.ts";
import { bucketName, elementsStream } from "./session.ts";

export const monitoringPort = 8222;
/** Longest wait for one answer while looking; a healthy server takes milliseconds. */
const lookMsMax = 1_000;

/** Streams by the roles of their leaders. */
const streamOfRole: { readonly [role: string]: string } = { leader: elementsStream, "kv-leader": `KV_${bucketName}` };

/** A server that says that it is healthy, streams included, and knows who leads JetStream. */
export async function serves(at: Lookout, signal: AbortSignal): Promise<boolean> {
  const health = await told(at, "/healthz", signal);
  if (!isObject(health) || health["status"] !== "ok") return false;
  return (await viewOf(at, signal))?.metaLeader !== undefined;
}

/**
 * All serve under one leader of JetStream; every stream has all its copies, each of as many messages to the same sequence.
 * A server tells no more of its copy: equal counts may hide other messages (decision 031c), which the last reads show.
 */
export async function disagreement(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<string | undefined> {
  const served = await Promise.all([...at].map(async ([node, lookout]) => ({ node, ok: await serves(lookout, signal) })));
  const idle = served.find(({ ok }) => !ok);
  if (idle !== undefined) return `${idle.node} does not serve`;
  const views = await viewsOf(at, signal);
  const metaLeaders = [...new Set([...views.values()].map((view) => view?.metaLeader))];
  if (metaLeaders.length > 1) return `nodes see ${metaLeaders.join(" and ")} lead JetStream`;
  for (const stream of Object.values(streamOfRole)) {
    const copies = [...views].flatMap(([node, view]) => (view?.streams ?? []).filter(({ name }) => name === stream).map((copy) => ({ node, ...copy })));
    const leaders = [...new Set(copies.map(({ leader }) => leader))];
    if (leaders.length !== 1 || leaders[0] === undefined) return `stream ${stream} is led by ${leaders.join(" and ") || "nobody"}`;
    if (copies.length !== copies[0]!.replicas) return `stream ${stream} has ${copies.length} of ${copies[0]!.replicas} copies`;
    const contents = [...new Set(copies.map(({ content }) => content))];
    if (contents.length > 1) return `copies of stream ${stream} differ: ${copies.map(({ node, content }) => `${node} has ${content}`).join(", ")}`;
  }
  return undefined;
}

/** `leader` of the set's stream, `kv-leader` of the bucket's, `meta-leader` of JetStream: those that think so themselves. */
export async function holders(role: string, at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<readonly NodeId[]> {
  const views = await viewsOf(at, signal);
  const wanted = streamOfRole[role];
  const leads = (node: NodeId, view: View): boolean => (role === "meta-leader" ? view.metaLeader === node : view.streams.some(({ name, leader }) => name === wanted && leader === node));
  return [...views].flatMap(([node, view]) => (view !== undefined && leads(node, view) ? [node] : []));
}

/** What the server says the time is, ms since 1970. */
export async function timeMs(at: Lookout, signal: AbortSignal): Promise<number | undefined> {
  const now = Date.parse(textIn(await told(at, "/varz", signal), "now") ?? "");
  return Number.isNaN(now) ? undefined : now;
}

interface View {
  readonly metaLeader: string | undefined;
  readonly streams: readonly { readonly name: string; readonly leader: string | undefined; readonly replicas: number; readonly content: string }[];
}

/** The servers of JetStream as the one that leads them counts; undefined from any other. */
export async function membersLedBy(at: Lookout, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const said = await told(at, "/jsz", signal);
  const cluster = isObject(said) ? said["meta_cluster"] : undefined;
  if (cluster === undefined || textIn(cluster, "leader") !== at.node.id) return undefined;
  return [at.node.id, ...listIn(cluster, "replicas").flatMap((peer) => textIn(peer, "name") ?? [])];
}

async function viewsOf(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<Map<NodeId, View | undefined>> {
  return new Map(await Promise.all([...at].map(async ([node, lookout]): Promise<[NodeId, View | undefined]> => [node, await viewOf(lookout, signal)])));
}

/** A server alone has no leaders: it leads all. */
async function viewOf(at: Lookout, signal: AbortSignal): Promise<View | undefined> {
  const said = await told(at, "/jsz?streams=true&config=true", signal);
  if (!isObject(said)) return undefined;
  const alone = said["meta_cluster"] === undefined;
  const leaderOf = (cluster: Json | undefined): string | undefined => (alone ? at.node.id : textIn(cluster, "leader"));
  const accounts = listIn(said, "account_details");
  return {
    metaLeader: leaderOf(said["meta_cluster"]),
    streams: accounts.flatMap((account) => listIn(account, "stream_detail")).flatMap((stream) => {
      const state = isObject(stream) ? stream["state"] : undefined;
      const name = textIn(stream, "name");
      if (!isObject(stream) || !isObject(state) || name === undefined) return [];
      return [{ name, leader: leaderOf(stream["cluster"]), replicas: numberIn(stream["config"], "num_replicas"), content: `${String(state["messages"])} messages to ${String(state["last_seq"])}` }];
    }),
  };
}

async function told({ ports }: Lookout, path: string, signal: AbortSignal): Promise<Json | undefined> {
  try {
    const reply = await ask(ports.get(monitoringPort)!, { method: "GET", path }, deadlineSignal(lookMsMax, signal));
    return reply.status === 200 ? (JSON.parse(reply.text) as Json) : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** An empty text is as none. */
function textIn(value: Json | undefined, name: string): string | undefined {
  const text = isObject(value) ? value[name] : undefined;
  return typeof text === "string" && text !== "" ? text : undefined;
}
function numberIn(value: Json | undefined, name: string): number {
  const number = isObject(value) ? value[name] : undefined;
  return typeof number === "number" ? number : 0;
}
function listIn(value: Json | undefined, name: string): readonly Json[] {
  const list = isObject(value) ? value[name] : undefined;
  return list !== undefined && isArray(list) ? list : [];
}
