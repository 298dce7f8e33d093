import { canonicalJson, isArray, isObject, type Json } from "../../../harness/json.ts";
import type { HttpReply, HttpRequest } from "./http.ts";

/**
 * Requests and replies of etcd's JSON gateway (`/v3/kv/…`). Keys and values travel as base64, 64-bit integers as
 * texts, and members that are zero or false are left out.
 */
export function rangeRequest(key: string, options: { readonly serializable: boolean }): HttpRequest {
  return post("/v3/kv/range", { key: base64(key), serializable: options.serializable });
}

export function putRequest(key: string, value: Json): HttpRequest {
  return post("/v3/kv/put", { key: base64(key), value: base64(canonicalJson(value)) });
}

export function deleteRequest(key: string): HttpRequest {
  return post("/v3/kv/deleterange", { key: base64(key) });
}

/** One transaction: if the key holds `from`, store `to`. A key that holds null is one that was never created. */
export function compareAndSet(key: string, values: { readonly from: Json; readonly to: Json }): HttpRequest {
  const compare: Json =
    values.from === null
      ? { key: base64(key), result: "EQUAL", target: "CREATE", create_revision: "0" }
      : { key: base64(key), result: "EQUAL", target: "VALUE", value: base64(canonicalJson(values.from)) };
  const store: Json =
    values.to === null ? { request_delete_range: { key: base64(key) } } : { request_put: { key: base64(key), value: base64(canonicalJson(values.to)) } };
  return post("/v3/kv/txn", { compare: [compare], success: [store], failure: [] });
}

/** Before the keys of `commit`, so that a watch sees these and no others. */
export const keyPrefix = "watched/";

/** Puts and deletes (null) at one revision. */
export function commitRequest(changes: readonly (readonly [key: string, value: Json])[]): HttpRequest {
  const success = changes.map(([key, value]): Json => {
    const name = base64(keyPrefix + key);
    return value === null ? { request_delete_range: { key: name } } : { request_put: { key: name, value: base64(canonicalJson(value)) } };
  });
  return post("/v3/kv/txn", { compare: [], success, failure: [] });
}

/** Forgets the history before a revision; answered when it is gone from the store, not when that is agreed on. */
export function compactRequest(revision: number): HttpRequest {
  return post("/v3/kv/compaction", { revision: String(revision), physical: true });
}

export function grantRequest(seconds: number): HttpRequest {
  return post("/v3/lease/grant", { TTL: String(seconds) });
}
export function keepAliveRequest(lease: string): HttpRequest {
  return post("/v3/lease/keepalive", { ID: lease });
}
export function revokeRequest(lease: string): HttpRequest {
  return post("/v3/lease/revoke", { ID: lease });
}

/** Answered when the lock is held; with the key whose life it is, as base64. */
export function lockRequest(name: string, lease: string): HttpRequest {
  return post("/v3/lock/lock", { name: base64(name), lease });
}

/** A put, made only if the lock's key (base64) still exists where one is named. */
export function addLockedRequest(key: string, value: Json, lock: string | undefined): HttpRequest {
  const compare: Json[] = lock === undefined ? [] : [{ key: lock, result: "GREATER", target: "CREATE", create_revision: "0" }];
  return post("/v3/kv/txn", { compare, success: [{ request_put: { key: base64(key), value: base64(canonicalJson(value)) } }], failure: [] });
}

/** A reply's JSON, which the readers below look into. */
export function bodyOf(reply: HttpReply): Json {
  return JSON.parse(reply.text) as Json;
}

/** The store's revision when it answered. */
export function readRevision(body: Json): number {
  const header = isObject(body) ? body["header"] : undefined;
  return isObject(header) ? Number(header["revision"] ?? 0) : 0;
}

/** The value of a key-value pair, as it was put; null when there is none. */
export function storedValue(kv: { readonly [key: string]: Json }): Json {
  const value = kv["value"];
  return typeof value === "string" ? JSON.parse(Buffer.from(value, "base64").toString("utf8")) : null;
}

export function statusRequest(): HttpRequest {
  return post("/v3/maintenance/status", {});
}

/** What a range of one key found: the stored value, or null. */
export function readValue(body: Json): Json {
  const found = isObject(body) ? body["kvs"] : undefined;
  const first = found !== undefined && isArray(found) ? found[0] : undefined;
  return isObject(first) ? storedValue(first) : null;
}

/** Whether a transaction's comparison held. */
export function readSucceeded(body: Json): Json {
  return isObject(body) && body["succeeded"] === true;
}

/** What a node says of itself. */
export interface NodeStatus {
  readonly member: string;
  /** `0` while it knows of none. */
  readonly leader: string;
  readonly term: number;
}

export function readStatus(body: Json): NodeStatus {
  const header = isObject(body) ? body["header"] : undefined;
  if (!isObject(body) || !isObject(header)) throw new Error(`not a status: ${JSON.stringify(body).slice(0, 200)}`);
  return { member: String(header["member_id"] ?? "0"), leader: String(body["leader"] ?? "0"), term: Number(body["raftTerm"] ?? header["raft_term"] ?? 0) };
}

function post(path: string, body: Json): HttpRequest {
  return { method: "POST", path, body: JSON.stringify(body) };
}

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
