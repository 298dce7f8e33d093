import type { Client, Connection } from "../../../harness/client.ts";
import { HarnessError } from "../../../harness/errors.ts";
import { isArray, type Json } from "../../../harness/json.ts";
import type { Call, Outcome } from "../../../harness/op.ts";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import { failed, unknown, messageOf } from "../outcomes.ts";
import { workOf, type RedisWork } from "./commands.ts";
import { knownRedisError } from "./errors.ts";
import { openRedis, serverError, type RedisSession } from "./session.ts";

/**
 * A client of one Redis node. It stays with its node whatever Sentinel says, so both sides of a partition have clients;
 * a replica refuses its writes.
 *
 *     connect ─── command sent ─── answered ─── WAIT sent ─── so many replicas have it
 *        fail        info            known          info              ok, or info when they were too few
 *
 * A read that did not come back changed nothing: a `fail`.
 */
export function redisClient(settings: Settings, object: string): Client {
  const rules: Rules = { object, readsAtPrimary: textOf(settings, "reads") === "primary", replicas: numberOf(settings, "wait") };
  return {
    async connect({ node, endpoint, signal }) {
      let session: RedisSession;
      try {
        session = await openRedis(endpoint, signal);
      } catch (cause) {
        throw new HarnessError("CLIENT_FAILED", `no connection to Redis on ${node}`, { nextStep: "nothing, if the node is down by a fault; else read its log", cause });
      }
      return connectionOver(session, rules);
    },
  };
}

interface Rules {
  readonly object: string;
  readonly readsAtPrimary: boolean;
  /** How many replicas must have a write before it counts; 0: nothing is asked. */
  readonly replicas: number;
}

function connectionOver(session: RedisSession, rules: Rules): Connection {
  return {
    get broken() {
      return !session.isOpen();
    },
    async invoke(call, signal) {
      const work = workOf(call, rules.object);
      if (signal.aborted) return failed(call, ["not-sent", "the deadline was over"]);
      if (!session.isOpen()) return failed(call, ["not-connected", "the connection was lost before"]);
      const end = (): void => session.end();
      signal.addEventListener("abort", end, { once: true });
      try {
        return await (work.changes === "never" ? read(call, { work, session, rules }) : write(call, { work, session, rules, changed: work.changes }));
      } catch (error) {
        return judged(call, error, { certain: work.changes === "never", signal });
      } finally {
        signal.removeEventListener("abort", end);
      }
    },
    async [Symbol.asyncDispose]() {
      session.end();
    },
  };
}

interface Doing {
  readonly work: RedisWork;
  readonly session: RedisSession;
  readonly rules: Rules;
}

/** Together with the node's role, if it matters: no demotion comes between the two. */
async function read(call: Call, { work, session, rules }: Doing): Promise<Outcome> {
  if (!rules.readsAtPrimary) return { type: "ok", value: work.result(await session.ask(work.command)) };
  const [role = null, answer = null] = await session.askTogether([["ROLE"], work.command]);
  if (!isArray(role) || role[0] !== "master") return failed(call, ["not-primary", "the node is a replica"]);
  return { type: "ok", value: work.result(answer) };
}

async function write(call: Call, { work, session, rules, changed }: Doing & { readonly changed: (answer: Json) => boolean }): Promise<Outcome> {
  const answer = await session.ask(work.command);
  if (rules.replicas === 0 || !changed(answer)) return { type: "ok", value: work.result(answer) };
  try {
    const reached = await session.ask(["WAIT", String(rules.replicas), String(waitMsMax)]);
    if (typeof reached === "number" && reached >= rules.replicas) return { type: "ok", value: work.result(answer) };
    return unknown(call, ["too-few-replicas", `${JSON.stringify(reached)} of ${rules.replicas} replicas had it after ${waitMsMax} ms`]);
  } catch (error) {
    return unknown(call, ["not-waited", messageOf(error)]);
  }
}

/** How long a write waits for its replicas; the operation's own deadline may be sooner. */
const waitMsMax = 1_000;

function judged(call: Call, error: unknown, { certain, signal }: { readonly certain: boolean; readonly signal: AbortSignal }): Outcome {
  const said = serverError(error);
  if (said === undefined) {
    const lost: Json = [signal.aborted ? "deadline" : "connection-lost", messageOf(error)];
    return certain ? failed(call, lost) : unknown(call, lost);
  }
  const known = knownRedisError(said);
  const why: Json = [known.class, said];
  return certain || known.effect === "none" ? failed(call, why) : unknown(call, why);
}
