import type { Endpoint } from "../../harness/cluster.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { NodeId } from "../../harness/ids.ts";
import { deadlineSignal, monotonicMs, sleep } from "../../harness/time.ts";

/** Whether a node serves: a path that it answers over HTTP with a status below 400, or a question of the user's own. */
export type Ready = string | ((at: Endpoint, signal: AbortSignal) => Promise<boolean>);

/** Longest wait for one answer. */
const answerMsMax = 2_000;
/** Between two questions. */
const everyMs = 50;

/** Never throws but for `signal`: a node that cannot be asked does not serve. */
export async function isReady(ready: Ready, at: Endpoint, signal: AbortSignal): Promise<boolean> {
  const deadline = deadlineSignal(answerMsMax, signal);
  try {
    if (typeof ready !== "string") return await ready(at, deadline);
    const reply = await fetch(`http://${at.host}:${at.port}${ready}`, { signal: deadline, headers: { connection: "close" } });
    await reply.arrayBuffer();
    return reply.status < 400;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** Waits until `ask` finds nobody who does not serve; `NODE_UNHEALTHY` names them when the signal aborts first. */
export async function untilAllReady(ask: () => Promise<readonly NodeId[]>, options: { readonly signal: AbortSignal; readonly nextStep: string }): Promise<void> {
  const began = monotonicMs();
  let idle: readonly NodeId[] = [];
  try {
    while ((idle = await ask()).length > 0) await sleep(everyMs, options.signal);
  } catch (cause) {
    throw new HarnessError("NODE_UNHEALTHY", `${idle.join(", ") || "the nodes"} did not serve after ${((monotonicMs() - began) / 1000).toFixed(1)} s`, { nextStep: options.nextStep, cause });
  }
}
