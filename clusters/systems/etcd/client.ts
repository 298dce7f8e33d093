import { HarnessError } from "../../../harness/errors.ts";
import type { Client, Connection } from "../../../harness/client.ts";
import type { Endpoint } from "../../../harness/cluster.ts";
import { isArray, isObject, type Json } from "../../../harness/json.ts";
import type { Call, Outcome } from "../../../harness/op.ts";
import type { WatchRequest } from "../../../harness/objects/watch.ts";
import { textOf, type Settings } from "../../../harness/options.ts";
import { failed, lost, messageOf, unknown } from "../outcomes.ts";
import { type Access, accessOf } from "../staged/access.ts";
import { classify } from "./errors.ts";
import { bodyOf, commitRequest, compactRequest, compareAndSet, deleteRequest, putRequest, rangeRequest, readRevision, readSucceeded, readValue } from "./gateway.ts";
import { openHttp, type HttpConnection, type HttpReply, type HttpRequest } from "./http.ts";
import { addUnderLock, lockedSetKey } from "./lock-set.ts";
import { listen } from "./watch.ts";

/**
 * Client of one etcd node over its HTTP gateway: one connection, one call at a time, no retry, no second endpoint.
 * Values are stored as JSON texts; a key that is not there holds null, and writing null deletes it.
 *
 *     read            → range            ok value
 *     write v         → put              ok
 *     cas [from, to]  → txn              ok true, or ok false when the value was another
 *     get k, put [k, v], delete k, cas [k, from, to]      the same on a key of one's own
 *     commit [[k, v] …]  → txn           ok {revision}
 *     compact offset     → compaction    ok {revision}, offset from the newest revision that this connection has seen
 *     add v, read (of a set)                      the set in one key, written back under etcd's lock
 *     watch {…}          → watch         ok {from, responses}, on a connection of its own, for as long as it says
 *
 * A read that did not come back is a `fail`: it changed nothing, whatever became of it.
 */
export function etcdClient(settings: Settings, object = "register"): Client {
  const serializable = textOf(settings, "reads") === "serializable";
  return {
    async connect({ node, endpoint, signal }) {
      const http = openHttp(endpoint);
      try {
        await greet(http, signal);
      } catch (cause) {
        http.close();
        throw new HarnessError("CLIENT_FAILED", `no connection to etcd on ${node}`, { nextStep: "nothing, if the node is down by a fault; else read its log", cause });
      }
      return connectionOver(http, { serializable, endpoint, object, fenced: textOf(settings, "set-guard") === "fenced-lock" });
    },
  };
}

/** Long beside everything else that is done under the lock, so that a pause mostly falls into it. */
const lockedWorkMs = 200;

interface ConnectionOptions {
  readonly serializable: boolean;
  readonly endpoint: Endpoint;
  /** The workload's object: a register and a set both call it `read`. */
  readonly object: string;
  readonly fenced: boolean;
}

function connectionOver(http: HttpConnection, options: ConnectionOptions): Connection {
  /** The newest revision that was seen here; 0 before any. */
  let newest = 0;
  /** Where this client forgot the history last. */
  let compacted: number | undefined;

  async function watch(call: Call, signal: AbortSignal): Promise<Outcome> {
    const wanted = call.value as unknown as WatchRequest;
    const from = firstRevision(wanted, { newest, compacted });
    try {
      const heard = await listen(options.endpoint, { ...wanted, from }, signal);
      newest = heard.responses.reduce((most, { revision }) => Math.max(most, revision), Math.max(newest, heard.compacted ?? 0));
      return { type: "ok", value: { from, ...heard } as unknown as Json };
    } catch (error) {
      return failed(call, ["not-watched", messageOf(error)]);
    }
  }

  return {
    get broken() {
      return !http.isOpen();
    },
    async invoke(call, signal) {
      if (call.f === "watch") return await watch(call, signal);
      const plan = call.f === "add" ? undefined : planOf(call, { ...options, newest });
      if (!http.isOpen()) {
        try {
          await greet(http, signal);
        } catch (error) {
          return failed(call, ["not-connected", messageOf(error)]);
        }
      }
      if (plan === undefined) return await addUnderLock({ http, endpoint: options.endpoint, element: call.value, fenced: options.fenced, workMs: lockedWorkMs }, signal);
      let reply: HttpReply;
      try {
        reply = await http.send(plan.request, signal);
      } catch (error) {
        return plan.changes ? unknown(call, lost(error, signal)) : failed(call, lost(error, signal));
      }
      if (reply.status === 200) {
        const body = bodyOf(reply);
        newest = Math.max(newest, readRevision(body));
        const value = plan.result(body);
        if (call.f === "compact" && isObject(value)) compacted = Number(value["revision"]);
        return { type: "ok", value };
      }
      const { effect, error } = classify(reply);
      return effect === "none" || !plan.changes ? failed(call, error) : unknown(call, error);
    },
    async [Symbol.asyncDispose]() {
      http.close();
    },
  };
}

function firstRevision({ from, offset, atCompaction }: WatchRequest, known: { readonly newest: number; readonly compacted: number | undefined }): number {
  if (atCompaction === true) return known.compacted ?? Math.max(1, known.newest);
  return offset === undefined ? from : Math.max(1, known.newest + offset);
}

interface Plan {
  readonly request: HttpRequest;
  /** Whether the call can change anything. */
  readonly changes: boolean;
  /** What the object returned, out of a 200. */
  result(body: Json): Json;
}

/** What is etcd's own; all else is an access to a store of keys. */
function planOf(call: Call, options: ConnectionOptions & { readonly newest: number }): Plan {
  const { f, value } = call;
  if (f === "commit" && isArray(value)) return { request: commitRequest(value as unknown as Parameters<typeof commitRequest>[0]), changes: true, result: (body) => ({ revision: readRevision(body) }) };
  if (f === "compact" && typeof value === "number") {
    const revision = Math.max(1, options.newest + value);
    return { request: compactRequest(revision), changes: true, result: () => ({ revision }) };
  }
  return accessPlan(accessOf(call, options.object), options);
}

function accessPlan(access: Access, options: ConnectionOptions): Plan {
  switch (access.kind) {
    case "get":
      return { request: rangeRequest(access.key, options), changes: false, result: readValue };
    case "elements":
      return { request: rangeRequest(lockedSetKey, options), changes: false, result: (body) => readValue(body) ?? [] };
    case "put":
      return { request: access.value === null ? deleteRequest(access.key) : putRequest(access.key, access.value), changes: true, result: () => access.value };
    case "compare-and-set":
      return { request: compareAndSet(access.key, access), changes: true, result: readSucceeded };
    case "add":
      throw new HarnessError("CLIENT_FAILED", "an element is added under a lock, by more than one request", { nextStep: "report this: it is a bug of etcd's client" });
  }
}

/** A request that any living node answers, leader or not. */
async function greet(http: HttpConnection, signal: AbortSignal): Promise<void> {
  const reply = await http.send({ method: "GET", path: "/version" }, signal);
  if (reply.status !== 200) throw new Error(`answer ${reply.status} to a greeting: ${reply.text.slice(0, 200)}`);
}
