import { Agent, request } from "node:http";
import type { Socket } from "node:net";
import type { Endpoint } from "../../../harness/cluster.ts";

/**
 * HTTP on one connection. A pool would hide what a client must know: whether an operation was ever sent. Here a reply
 * has come over the connection (a greeting) before the first operation goes out on it:
 *
 *     connect ── greeting ── reply ── operation ── reply ── operation ──✗ lost
 *        └── lost here: nothing was sent, a definite failure                └── lost here: it may have happened
 *
 * A successful connect alone says nothing: a published port's proxy accepts even when nobody listens behind it.
 */
export interface HttpConnection {
  /** True while the connection that carried the last reply is still open. */
  isOpen(): boolean;
  /** One request at a time; rejects when the connection breaks or the signal aborts. */
  send(message: HttpRequest, signal: AbortSignal): Promise<HttpReply>;
  close(): void;
}
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: string;
}
export interface HttpReply {
  readonly status: number;
  readonly text: string;
}

/** Bytes of a reply that are read at most; ours have a few hundred. */
const replyBytesMax = 1 << 20;

export function openHttp(endpoint: Endpoint): HttpConnection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
  let socket: Socket | undefined;
  return {
    isOpen: () => socket?.readyState === "open",
    send: (message, signal) => exchange(endpoint, message, { agent, signal, onSocket: (used) => (socket = used) }),
    close: () => agent.destroy(),
  };
}

/** A request on a connection of its own, for looking from outside. */
export async function ask(endpoint: Endpoint, message: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
  return await exchange(endpoint, message, { agent: false, signal, onSocket: () => {} });
}

function exchange(
  endpoint: Endpoint,
  message: HttpRequest,
  options: { readonly agent: Agent | false; readonly signal: AbortSignal; readonly onSocket: (socket: Socket) => void },
): Promise<HttpReply> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    // Node's own `signal` option watches the whole stream for its end, which costs more than the request.
    const onAbort = (): void => void sent.destroy(signal.reason as Error);
    signal.addEventListener("abort", onAbort);
    const settled = <T>(settle: (outcome: T) => void): ((outcome: T) => void) => (outcome) => {
      signal.removeEventListener("abort", onAbort);
      settle(outcome);
    };
    const answer = settled<HttpReply>(resolve);
    const fail = settled<Error>(reject);
    const body = message.body ?? "";
    const sent = request(
      {
        host: endpoint.host,
        port: endpoint.port,
        method: message.method,
        path: message.path,
        agent: options.agent,
        headers: message.body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      },
      (reply) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        reply.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > replyBytesMax) sent.destroy(new Error(`reply of more than ${replyBytesMax} bytes`));
        });
        reply.once("end", () => answer({ status: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
        reply.once("error", fail);
      },
    );
    sent.once("socket", options.onSocket);
    sent.once("error", fail);
    sent.end(body);
  });
}
