import type { Endpoint } from "../../harness/cluster.ts";
import { deadlineSignal } from "../../harness/time.ts";

/** How long a server may take to answer. */
const answerMsMax = 1_000;

/** What a server says the time is with any answer that it gives over HTTP, ms since 1970, to the second; undefined when it gives none. */
export async function httpDateMs({ host, port }: Endpoint, path: string, signal: AbortSignal): Promise<number | undefined> {
  const reply = await fetch(`http://${host}:${port}${path}`, { signal: deadlineSignal(answerMsMax, signal), headers: { connection: "close" } });
  await reply.arrayBuffer();
  const date = Date.parse(reply.headers.get("date") ?? "");
  return Number.isNaN(date) ? undefined : date;
}
