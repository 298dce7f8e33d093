import { connect } from "node:net";
import type { Endpoint } from "../../../harness/cluster.ts";
import type { NodeId } from "../../../harness/ids.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import type { Lookout } from "../../docker/docker-system.ts";
import { openSession } from "./session.ts";

/** Longest wait for one answer while looking; a healthy server takes milliseconds. */
const lookMsMax = 1_000;
/** How long the session of a look is kept by the server. */
const lookSessionMs = 2_000;

/** Whether a session can be opened, which is a write, and the server be brought up to date. */
export async function serves(at: Endpoint, signal: AbortSignal): Promise<boolean> {
  if ((await viewOf(at, signal)) === undefined) return false;
  const limited = deadlineSignal(lookMsMax, signal);
  try {
    const session = await openSession(at, limited, { sessionMs: lookSessionMs });
    const end = (): void => session.end();
    limited.addEventListener("abort", end, { once: true });
    try {
      await session.sync("/");
      return true;
    } finally {
      session.end();
    }
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** One leads, the others follow, and all have processed the same transactions. */
export async function disagreement(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<string | undefined> {
  const views = await viewsOf(at, signal);
  const silent = [...views].find(([, view]) => view === undefined);
  if (silent !== undefined) return `${silent[0]} does not serve`;
  const leading = [...views].filter(([, view]) => leads(view!));
  if (leading.length !== 1) return `${leading.length} nodes lead`;
  const newest = [...views.values()].reduce((most, view) => (view!.transaction > most ? view!.transaction : most), 0n);
  if (BigInt.asUintN(32, newest) === 0n) {
    // A leader counts its epoch before the first transaction of it, its followers do not. Opening a session is one.
    await serves([...at.values()][0]!, signal);
    return `the leader of epoch ${newest >> 32n} has led no transaction yet`;
  }
  const late = [...views].find(([, view]) => view!.transaction < newest);
  return late === undefined ? undefined : `${late[0]} has processed transaction ${hex(late[1]!.transaction)}, another ${hex(newest)}`;
}

/** `leader` or `follower`; the newest transaction first, so an old leader comes after the one that replaced it. */
export async function holders(role: string, at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<readonly NodeId[]> {
  const wanted = role === "leader" ? leads : role === "follower" ? (view: View) => !leads(view) : () => false;
  return [...(await viewsOf(at, signal))]
    .flatMap(([node, view]) => (view !== undefined && wanted(view) ? [{ node, view }] : []))
    .sort((a, b) => (a.view.transaction === b.view.transaction ? 0 : a.view.transaction > b.view.transaction ? -1 : 1))
    .map(({ node }) => node);
}

interface View {
  readonly mode: string;
  /** The last that it has processed: its leader's epoch in the upper half, a counter in the lower. */
  readonly transaction: bigint;
}

function leads({ mode }: View): boolean {
  return mode === "leader" || mode === "standalone";
}

async function viewsOf(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<Map<NodeId, View | undefined>> {
  return new Map(await Promise.all([...at].map(async ([node, endpoint]): Promise<[NodeId, View | undefined]> => [node, await viewOf(endpoint, signal)])));
}

/** What the command `srvr` tells; undefined from a server that is not in touch with a quorum. */
async function viewOf(at: Endpoint, signal: AbortSignal): Promise<View | undefined> {
  const said = await command(at, "srvr", signal);
  const mode = /^Mode: (\w+)$/m.exec(said)?.[1];
  const transaction = /^Zxid: (0x[0-9a-f]+)$/m.exec(said)?.[1];
  return mode === undefined || transaction === undefined ? undefined : { mode, transaction: BigInt(transaction) };
}

/** All that a server says to a command of four letters before it closes; empty when nothing comes in time. */
async function command(at: Endpoint, letters: string, signal: AbortSignal): Promise<string> {
  const limited = deadlineSignal(lookMsMax, signal);
  const said = await new Promise<string>((resolve) => {
    let text = "";
    const socket = connect({ host: at.host, port: at.port, signal: limited }, () => void socket.write(letters));
    socket.on("data", (data) => (text += data.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => resolve(text));
  });
  signal.throwIfAborted();
  return said;
}

function hex(transaction: bigint): string {
  return `0x${transaction.toString(16)}`;
}
