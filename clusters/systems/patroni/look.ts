import { deadlineSignal } from "../../../harness/time.ts";
import type { Lookout } from "../../docker/docker-system.ts";

/** Of every Patroni's REST interface. */
export const restPort = 8008;

/** Longest wait for one answer of a REST interface. */
const lookMsMax = 500;

/** Patroni's own view: every member runs, one of them as the leader; in synchronous mode one as the synchronous standby. */
export async function unsettled(at: ReadonlyMap<string, Lookout>, signal: AbortSignal): Promise<string | undefined> {
  const views = await Promise.all([...at].map(async ([node, lookout]) => ({ node, view: await membersSeen(lookout, signal) })));
  for (const { node, view } of views) {
    if (view === undefined) return `the Patroni of ${node} does not answer`;
    const idle = view.filter(({ state }) => state !== "running" && state !== "streaming").map(({ name, state }) => `${name} ${state}`);
    if (view.length < at.size || idle.length > 0) return `${node} sees ${view.length} of ${at.size} members${idle.length > 0 ? `, ${idle.join(", ")}` : ""}`;
    if (!view.some(({ role }) => role === "leader")) return `${node} sees no leader`;
  }
  return undefined;
}

export interface Member {
  readonly name: string;
  readonly role: string;
  readonly state: string;
}

export async function membersSeen(at: Lookout, signal: AbortSignal): Promise<readonly Member[] | undefined> {
  const { host, port } = at.ports.get(restPort)!;
  try {
    const reply = await fetch(`http://${host}:${port}/cluster`, { signal: deadlineSignal(lookMsMax, signal), headers: { connection: "close" } });
    const { members } = (await reply.json()) as { readonly members?: readonly Member[] };
    return members ?? [];
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
