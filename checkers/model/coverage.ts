import type { ActorModel, PartyInput } from "../../harness/actor-model.ts";
import { isArray, isObject, type Json } from "../../harness/json.ts";
import type { Engine } from "./engine.ts";

/** How much of the code the exploration touched: a handler that never fired proves nothing about itself. */
export interface Coverage {
  /** Distinct local states, messages, histories (or monitor states), and local transitions. */
  readonly localStates: number;
  readonly messages: number;
  readonly histories: number;
  readonly transitions: number;
  readonly handlerCalls: number;
  /** By kind of party and kind of input: how many distinct inputs were met, and whether any had an effect. */
  readonly inputs: readonly { readonly party: "server" | "client"; readonly input: string; readonly distinct: number; readonly reacted: boolean }[];
}

export function coverageOf(model: ActorModel, engine: Engine): Coverage {
  const byKind = new Map<string, { party: "server" | "client"; input: string; distinct: number; reacted: boolean }>();
  for (const { party, input, reacted } of engine.memo.observed()) {
    const kind = { party: party < model.servers ? ("server" as const) : ("client" as const), input: describeInput(input, model.servers) };
    const key = `${kind.party} ${kind.input}`;
    const known = byKind.get(key);
    if (known === undefined) byKind.set(key, { ...kind, distinct: 1, reacted });
    else {
      known.distinct++;
      known.reacted ||= reacted;
    }
  }
  const { locals, envelopes, histories, transitions } = engine.counts;
  return {
    localStates: locals,
    messages: envelopes,
    histories,
    transitions,
    handlerCalls: engine.memo.handlerCalls,
    inputs: [...byKind.values()].sort((a, b) => (`${a.party}${a.input}` < `${b.party}${b.input}` ? -1 : 1)),
  };
}

function describeInput(input: PartyInput, servers: number): string {
  if (input.input !== "message") return input.input === "choice" ? `choice ${input.key}` : input.input;
  if (isObject(input.message) && isObject(input.message["call"])) return `call ${String(input.message["call"]["f"])}`;
  return `message ${input.from < servers ? "" : "from client "}${kindOfMessage(input.message)}`;
}

function kindOfMessage(message: Json): string {
  if (isObject(message)) return typeof message["type"] === "string" ? message["type"] : "operation" in message ? "reply" : "object";
  if (isArray(message)) return typeof message[0] === "string" ? message[0] : "list";
  return typeof message === "string" ? message : typeof message;
}
