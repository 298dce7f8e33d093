import type { Client } from "../../../harness/client.ts";
import { canonicalJson, type Json } from "../../../harness/json.ts";
import { stagedClient } from "../staged/client.ts";
import { tarantoolAnswer } from "./errors.ts";
import { openTarantool, type TarantoolSession } from "./session.ts";

/**
 * Client of one Tarantool node: every access is one call of a function of `program.ts`, so everything but a read may
 * have had an effect once it was sent. Values are stored as JSON texts.
 */
export function tarantoolClient(object: string): Client {
  return stagedClient<TarantoolSession>({
    name: "Tarantool",
    object,
    open: ({ endpoint, signal }) => openTarantool(endpoint, signal),
    answer: tarantoolAnswer,
    async perform(session, access, sending) {
      if (access.kind === "elements") return await session.call("rashomon.elements");
      if (access.kind === "get") {
        const text = await session.call("rashomon.get", access.key);
        return typeof text === "string" ? (JSON.parse(text) as Json) : null;
      }
      sending();
      if (access.kind === "compare-and-set") return await session.call("rashomon.cas", access.key, textOf(access.from), textOf(access.to));
      if (access.kind === "add") await session.call("rashomon.add", access.value);
      else await session.call("rashomon.put", access.key, textOf(access.value));
      return access.value;
    },
  });
}

function textOf(value: Json): string | null {
  return value === null ? null : canonicalJson(value);
}
