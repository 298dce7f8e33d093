import { HarnessError } from "../../../harness/errors.ts";
import { canonicalJson, isArray, type Json } from "../../../harness/json.ts";
import type { Call } from "../../../harness/op.ts";
import type { Command } from "./session.ts";

/**
 * What the workloads' calls are to Redis. Values are JSON texts; a key that is not there holds null, and storing null
 * deletes it.
 *
 *     set        add v → SADD            read → SMEMBERS
 *     register   read → GET              write v → SET          cas [a, b] → a script
 *     kv         get k → GET             put [k, v] → SET       cas [k, a, b] → a script       delete k → DEL
 */
export interface RedisWork {
  readonly command: Command;
  /** What the object returned, out of the answer. */
  result(answer: Json): Json;
  /** Whether a call with this answer changed anything; a call that never does is a read. */
  readonly changes: "never" | ((answer: Json) => boolean);
}

const registerKey = "register";
const setKey = "set";

export function workOf(call: Call, object: string): RedisWork {
  const { f, value } = call;
  if (object === "grow-only-set") {
    if (f === "add") return { command: ["SADD", setKey, canonicalJson(value)], result: () => value, changes: always };
    if (f === "read") return { command: ["SMEMBERS", setKey], result: (members) => (isArray(members) ? members.map(parsed) : []), changes: "never" };
  }
  if (f === "read") return get(registerKey);
  if (f === "write") return put(registerKey, value);
  if (f === "cas" && isArray(value) && value.length === 2) return compareAndSet(registerKey, { from: value[0]!, to: value[1]! });
  if (f === "get") return get(keyOf(value));
  if (f === "put" && isArray(value) && value.length === 2) return put(keyOf(value[0]!), value[1]!);
  if (f === "delete") return put(keyOf(value), null);
  if (f === "cas" && isArray(value) && value.length === 3) return compareAndSet(keyOf(value[0]!), { from: value[1]!, to: value[2]! });
  throw new HarnessError("CLIENT_FAILED", `redis' client cannot do ${f} ${JSON.stringify(value)}`, { nextStep: "choose a workload that `rashomon list systems` names for redis" });
}

function get(key: string): RedisWork {
  return { command: ["GET", key], result: parsed, changes: "never" };
}

function put(key: string, value: Json): RedisWork {
  return { command: value === null ? ["DEL", key] : ["SET", key, canonicalJson(value)], result: () => value, changes: always };
}

/** Its first line makes it a script that may write: a replica refuses it before it compares. */
const compareAndSetScript = `#!lua
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
return 1`;

function compareAndSet(key: string, { from, to }: { readonly from: Json; readonly to: Json }): RedisWork {
  return { command: ["EVAL", compareAndSetScript, "1", key, stored(from), stored(to)], result: (answer) => answer === 1, changes: (answer) => answer === 1 };
}

/** No value's JSON text is empty. */
function stored(value: Json): string {
  return value === null ? "" : canonicalJson(value);
}

function parsed(answer: Json): Json {
  return typeof answer === "string" ? (JSON.parse(answer) as Json) : null;
}

function keyOf(value: Json): string {
  return `kv/${canonicalJson(value)}`;
}

function always(): boolean {
  return true;
}
