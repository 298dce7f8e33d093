import type { Client } from "../../../harness/client.ts";
import { isArray, type Json } from "../../../harness/json.ts";
import type { Call, Outcome } from "../../../harness/op.ts";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import { endedBy, failed, messageOf, unknown } from "../outcomes.ts";
import { sessionClient } from "../session-client.ts";
import { accessOf } from "../staged/access.ts";
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
  const rules: Rules = { readsAtPrimary: textOf(settings, "reads") === "primary", replicas: numberOf(settings, "wait") };
  return sessionClient<RedisSession>({
    database: "Redis",
    open: ({ endpoint, signal }) => openRedis(endpoint, signal),
    async perform(session, call, signal) {
      const work = workOf(accessOf(call, object));
      try {
        if (work.changes === "never" && rules.readsAtPrimary) return readAtPrimary(call, work, await session.askTogether([["ROLE"], work.command]));
        const answer = await session.ask(work.command);
        if (work.changes !== "never" && rules.replicas > 0 && work.changes(answer)) return await waited(call, { session, replicas: rules.replicas, value: work.result(answer) });
        return { type: "ok", value: work.result(answer) };
      } catch (error) {
        const said = serverError(error);
        return endedBy(error, call, { answer: said === undefined ? undefined : knownRedisError(said), certain: work.changes === "never", signal });
      }
    },
  });
}

interface Rules {
  readonly readsAtPrimary: boolean;
  /** How many replicas must have a write before it counts; 0: nothing is asked. */
  readonly replicas: number;
}

/** The answer together with the node's role: no demotion came between the two. */
function readAtPrimary(call: Call, work: RedisWork, [role = null, answer = null]: readonly Json[]): Outcome {
  if (!isArray(role) || role[0] !== "master") return failed(call, ["not-primary", "the node is a replica"]);
  return { type: "ok", value: work.result(answer) };
}

/** A write that was executed, whose result is `value`, once its replicas have it. */
async function waited(call: Call, { session, replicas, value }: { readonly session: RedisSession; readonly replicas: number; readonly value: Json }): Promise<Outcome> {
  try {
    const reached = await session.ask(["WAIT", String(replicas), String(waitMsMax)]);
    if (typeof reached === "number" && reached >= replicas) return { type: "ok", value };
    return unknown(call, ["too-few-replicas", `${JSON.stringify(reached)} of ${replicas} replicas had it after ${waitMsMax} ms`]);
  } catch (error) {
    return unknown(call, ["not-waited", messageOf(error)]);
  }
}

/** How long a write waits for its replicas; the operation's own deadline may be sooner. */
const waitMsMax = 1_000;
