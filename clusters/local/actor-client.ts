import { unreachable } from "../../harness/assert.ts";
import type { Client, ClientTarget, Connection } from "../../harness/client.ts";
import type { Call, Outcome } from "../../harness/op.ts";
import { deadlineSignal } from "../../harness/time.ts";
import { type ClientLink, openClientLink } from "./client-link.ts";

/**
 * The client of every actor system. It tells the truth about what it knows:
 *
 *     no welcome from the node when connecting                                                      connect throws: fail
 *     refused by the node, or the connection had closed before a byte of the request was written   fail
 *     written, and then no answer: the connection closed, or the deadline came                     info
 *     answered                                                                                     ok
 *
 * Operations are named `c<thread>.<n>`; the count is kept per thread and lives as long as the client, so that a thread
 * that connects again never uses a name twice. Use one client per run.
 */
export function actorClient(): Client {
  const counts = new Map<number, number>();
  return {
    async connect(target: ClientTarget): Promise<Connection> {
      const { thread, endpoint, signal } = target;
      const link = await openClientLink({ endpoint, name: `c${thread}`, signal: deadlineSignal(connectMsMax, signal) });
      const nextOperation = (): string => {
        const n = counts.get(thread) ?? 0;
        counts.set(thread, n + 1);
        return `c${thread}.${n}`;
      };
      return {
        get broken() {
          return !link.open;
        },
        invoke: (call, deadline) => invoke(link, { operation: nextOperation(), call }, deadline),
        [Symbol.asyncDispose]: () => {
          link.close();
          return Promise.resolve();
        },
      };
    },
  };
}

/** A node on loopback welcomes within a millisecond; one behind a cut never does. */
const connectMsMax = 5_000;

async function invoke(link: ClientLink, request: { readonly operation: string; readonly call: Call }, deadline: AbortSignal): Promise<Outcome> {
  const { operation, call } = request;
  const reply = await link.call({ operation, round: 0, call }, deadline);
  switch (reply.reply) {
    case "value":
      return { type: "ok", value: reply.value };
    case "refused":
    case "unsent":
      return { type: "fail", value: call.value, error: reply.reason };
    case "lost":
      return { type: "info", value: call.value, error: reply.reason };
    default:
      return unreachable(reply);
  }
}
