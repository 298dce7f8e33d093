import type { Endpoint } from "../../../harness/cluster.ts";
import { isArray, isObject, type Json } from "../../../harness/json.ts";
import type { Outcome } from "../../../harness/op.ts";
import { every, sleep } from "../../../harness/time.ts";
import { lost } from "../outcomes.ts";
import { classify } from "./errors.ts";
import { addLockedRequest, bodyOf, grantRequest, keepAliveRequest, lockRequest, rangeRequest, readSucceeded, readValue, revokeRequest } from "./gateway.ts";
import { ask, type HttpConnection, type HttpReply, type HttpRequest } from "./http.ts";

/**
 * A set in one key, read and written back under etcd's lock:
 *
 *     grant lease ── lock ── read the set ── work ── write it with the element ── revoke the lease
 *           └── the lease is kept alive all the while ──┘
 *
 * etcd's lock is a key that lives as long as its lease. Who is held up for longer than that has lost it and is not told;
 * his write undoes what its next holders added. Fenced, the write is made only if the lock's key still exists, which etcd
 * decides in one piece with the write (Kleppmann, "How to do distributed locking", 2016).
 */
export interface LockedAdd {
  readonly http: HttpConnection;
  /** For what must not wait for the connection. */
  readonly endpoint: Endpoint;
  readonly element: Json;
  readonly fenced: boolean;
  /** Between reading and writing, ms. */
  readonly workMs: number;
}

/** The set's key. */
export const lockedSetKey = "locked-set";
/** The shortest that etcd grants with its own election timeout. */
const leaseSeconds = 2;
const keepAliveMs = 500;

/** Adds an element. Until the write is sent nothing can have happened; what a lost connection leaves behind ends with its lease. */
export async function addUnderLock({ http, endpoint, element, fenced, workMs }: LockedAdd, signal: AbortSignal): Promise<Outcome> {
  const done = new AbortController();
  let written = false;
  const refused = (why: Json): Outcome => ({ type: "fail", value: element, error: why });
  const say = async (request: HttpRequest): Promise<HttpReply> => {
    const reply = await http.send(request, signal);
    if (reply.status !== 200) throw new Refusal(reply);
    return reply;
  };
  try {
    const lease = textIn(await say(grantRequest(leaseSeconds)), "ID");
    const alive = every(keepAliveMs, () => void ask(endpoint, keepAliveRequest(lease), AbortSignal.any([done.signal, signal])).catch(() => {}));
    try {
      const lock = textIn(await say(lockRequest("lock", lease)), "key");
      const before = readValue(bodyOf(await say(rangeRequest(lockedSetKey, { serializable: false }))));
      await sleep(workMs, signal);
      written = true;
      const reply = await say(addLockedRequest(lockedSetKey, [...(isArray(before) ? before : []), element], fenced ? lock : undefined));
      if (readSucceeded(bodyOf(reply)) !== true) return refused(["fenced", "the lock was lost before the write"]);
    } finally {
      alive.cancel();
      done.abort();
    }
    // Not for the answer's sake: without it the next one waits for the lease to end.
    await ask(endpoint, revokeRequest(lease), signal).catch(() => {});
    return { type: "ok", value: element };
  } catch (error) {
    const { effect, why } = judged(error, signal);
    return !written || effect === "none" ? refused(why) : { type: "info", value: element, error: why };
  }
}

/** An answer other than 200. */
class Refusal extends Error {
  readonly reply: HttpReply;
  constructor(reply: HttpReply) {
    super(reply.text);
    this.reply = reply;
  }
}

function judged(error: unknown, signal: AbortSignal): { readonly effect: "none" | "unknown"; readonly why: Json } {
  if (error instanceof Refusal) {
    const { effect, error: why } = classify(error.reply);
    return { effect, why };
  }
  return { effect: "unknown", why: lost(error, signal) };
}

function textIn(reply: HttpReply, member: string): string {
  const body = bodyOf(reply);
  const found = isObject(body) ? body[member] : undefined;
  if (typeof found !== "string") throw new Error(`no ${member} in ${reply.text.slice(0, 200)}`);
  return found;
}
