import { canonicalJson, isArray, type Json } from "../../../harness/json.ts";
import type { Access } from "../staged/access.ts";
import type { Command } from "./session.ts";

/**
 * What an access is to Redis. Values are JSON texts; a key that is not there holds null, and storing null deletes it.
 *
 *     add → SADD    elements → SMEMBERS    get → GET    put → SET or DEL    compare-and-set → a script
 */
export interface RedisWork {
  readonly command: Command;
  /** What the object returned, out of the answer. */
  result(answer: Json): Json;
  /** Whether a call with this answer changed anything; a call that never does is a read. */
  readonly changes: "never" | ((answer: Json) => boolean);
}

const setKey = "set";

/** The command of an access, and what its answer means. */
export function workOf(access: Access): RedisWork {
  switch (access.kind) {
    case "get":
      return { command: ["GET", access.key], result: parsed, changes: "never" };
    case "put":
      return { command: access.value === null ? ["DEL", access.key] : ["SET", access.key, canonicalJson(access.value)], result: () => access.value, changes: always };
    case "compare-and-set":
      return { command: ["EVAL", compareAndSetScript, "1", access.key, stored(access.from), stored(access.to)], result: (answer) => answer === 1, changes: (answer) => answer === 1 };
    case "add":
      return { command: ["SADD", setKey, canonicalJson(access.value)], result: () => access.value, changes: always };
    case "elements":
      return { command: ["SMEMBERS", setKey], result: (members) => (isArray(members) ? members.map(parsed) : []), changes: "never" };
  }
}

/** Its first line makes it a script that may write: a replica refuses it before it compares. */
const compareAndSetScript = `#!lua
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
return 1`;

/** No value's JSON text is empty. */
function stored(value: Json): string {
  return value === null ? "" : canonicalJson(value);
}

function parsed(answer: Json): Json {
  return typeof answer === "string" ? (JSON.parse(answer) as Json) : null;
}

function always(): boolean {
  return true;
}
