import { isArray, isObject, type Json } from "../../../harness/json.ts";
import type { WatchEvent, WatchRequest, WatchResponse } from "../../../harness/objects/watch.ts";
import { base64, keyPrefix, storedValue } from "./gateway.ts";

/** What a client says on a watch's connection: first what it wants to be told, then now and then how far it has been told. */
export function createMessage(wanted: WatchRequest): string {
  const prefix = keyPrefix + (wanted.prefix ?? "");
  return JSON.stringify({
    create_request: {
      key: base64(prefix),
      // The end of all keys that begin so: the prefix with its last byte one greater.
      range_end: base64(prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)),
      start_revision: String(wanted.from),
      progress_notify: true,
      prev_kv: true,
      filters: (wanted.without ?? []).map((type) => (type === "put" ? "NOPUT" : "NODELETE")),
    },
  });
}
export const askProgressMessage: string = JSON.stringify({ progress_request: {} });

/** What the server says on it, to one of its watches or, as `toAll`, to every one. Watches count from 0 in the order of their creation. */
export type WatchMessage = WatchNews & { readonly watch: number };
export const toAll = -1;
type WatchNews =
  | { readonly kind: "created" }
  | { readonly kind: "told"; readonly response: WatchResponse }
  /** `compacted`: the history before this revision is forgotten. */
  | { readonly kind: "over"; readonly why: string; readonly compacted?: number };

/** Throws for what is no message of a watch. */
export function readMessage(text: string): WatchMessage {
  const message: Json = JSON.parse(text);
  const result = isObject(message) ? message["result"] : undefined;
  if (!isObject(result)) return { watch: toAll, kind: "over", why: `etcd says ${text.slice(0, 200)}` };
  return { watch: Number(result["watch_id"] ?? 0), ...newsOf(result) };
}

function newsOf(result: { readonly [key: string]: Json }): WatchNews {
  if (result["canceled"] === true) {
    const why = `cancelled: ${JSON.stringify(result["cancel_reason"] ?? "")}`;
    const compacted = result["compact_revision"];
    return compacted === undefined ? { kind: "over", why } : { kind: "over", why, compacted: Number(compacted) };
  }
  return result["created"] === true ? { kind: "created" } : { kind: "told", response: responseOf(result) };
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
