import { request } from "node:http";
import type { Endpoint } from "../../../harness/cluster.ts";
import { isArray, isObject, type Json } from "../../../harness/json.ts";
import type { WatchEvent, WatchRequest, WatchResponse } from "../../../harness/objects/watch.ts";
import { after } from "../../../harness/time.ts";
import { base64, type HttpRequestBody, keyPrefix, storedValue } from "./gateway.ts";

/**
 * One watch over the gateway: a request whose answer is a stream of JSON lines, on a connection of its own. It listens for
 * as long as the request says, or until the connection or the deadline ends it; what had been told by then was told.
 */
export interface Heard {
  readonly responses: readonly WatchResponse[];
  /** The store refused: the history before this revision is forgotten. */
  readonly compacted?: number;
  /** How the stream ended, if not by our own clock. */
  readonly ended?: string;
}

/** Default time to listen, ms. */
const listenMs = 1_000;
/** Bytes of a line that are kept at most. */
const lineBytesMax = 1 << 24;

export function listen(endpoint: Endpoint, wanted: WatchRequest, signal: AbortSignal): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const responses: WatchResponse[] = [];
    let compacted: number | undefined;
    let created = false;
    let rest = "";
    const body = JSON.stringify(createRequest(wanted));
    const sent = request({ host: endpoint.host, port: endpoint.port, method: "POST", path: "/v3/watch", agent: false, headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) } });
    const clock = after(wanted.forMs ?? listenMs, () => end(undefined));
    const abort = (): void => end("deadline");
    signal.addEventListener("abort", abort, { once: true });

    function end(why: string | undefined): void {
      clock.cancel();
      signal.removeEventListener("abort", abort);
      sent.destroy();
      // A watch that was never confirmed told nothing, and was not there to be told anything.
      if (!created && compacted === undefined) reject(new Error(why ?? "the watch was not confirmed in time"));
      else resolve({ responses, ...(compacted === undefined ? {} : { compacted }), ...(why === undefined ? {} : { ended: why }) });
    }

    function hear(line: string): void {
      const message: Json = JSON.parse(line);
      const result = isObject(message) ? message["result"] : undefined;
      if (!isObject(result)) return end(`etcd says ${line.slice(0, 200)}`);
      if (result["compact_revision"] !== undefined) compacted = Number(result["compact_revision"]);
      if (result["canceled"] === true) return end(`cancelled: ${JSON.stringify(result["cancel_reason"] ?? "")}`);
      if (result["created"] === true) created = true;
      else responses.push(responseOf(result));
    }

    sent.once("error", (error) => end(error.message));
    sent.once("response", (reply) => {
      reply.setEncoding("utf8");
      reply.once("error", (error) => end(error.message));
      reply.once("end", () => end("the stream ended"));
      reply.on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!;
        if (rest.length > lineBytesMax) return end(`a line of more than ${lineBytesMax} bytes`);
        try {
          for (const line of lines) if (line.trim() !== "") hear(line);
        } catch (error) {
          end(`not understood: ${String(error)}`);
        }
      });
    });
    sent.end(body);
  });
}

function createRequest(wanted: WatchRequest): HttpRequestBody {
  const prefix = keyPrefix + (wanted.prefix ?? "");
  return {
    create_request: {
      key: base64(prefix),
      // The end of all keys that begin so: the prefix with its last byte one greater.
      range_end: base64(prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)),
      start_revision: String(wanted.from),
      progress_notify: true,
      prev_kv: true,
      filters: (wanted.without ?? []).map((type) => (type === "put" ? "NOPUT" : "NODELETE")),
    },
  };
}

function responseOf(result: { readonly [key: string]: Json }): WatchResponse {
  const header = result["header"];
  const events = result["events"];
  return {
    revision: isObject(header) ? Number(header["revision"] ?? 0) : 0,
    events: events !== undefined && isArray(events) ? events.map(eventOf) : [],
  };
}

function eventOf(event: Json): WatchEvent {
  const kv = isObject(event) ? event["kv"] : undefined;
  if (!isObject(event) || !isObject(kv)) throw new Error(`not an event: ${JSON.stringify(event)}`);
  const revision = Number(kv["mod_revision"] ?? 0);
  const key = Buffer.from(String(kv["key"] ?? ""), "base64").toString("utf8").slice(keyPrefix.length);
  if (event["type"] === "DELETE") return { revision, type: "delete", key, value: null, ...previousOf(event) };
  const created = kv["create_revision"] === kv["mod_revision"];
  // A previous value that was compacted away is left out, and says nothing; that of a created key is none.
  return { revision, type: "put", key, value: storedValue(kv), created, ...(created ? { previous: null } : previousOf(event)) };
}

function previousOf(event: { readonly [key: string]: Json }): { readonly previous?: Json } {
  const before = event["prev_kv"];
  return isObject(before) ? { previous: storedValue(before) } : {};
}
