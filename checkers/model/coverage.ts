import type { ActorModel, PartyInput } from "../../harness/actor-model.ts";
import { isArray, isObject, type Json } from "../../harness/json.ts";
import type { Engine } from "./engine.ts";
import type { Memo } from "./memo.ts";

/** How much of the code the exploration touched: a handler that never fired proves nothing about itself. */
export interface Coverage {
  /** Distinct local states, messages, histories (or monitor states), and local transitions. */
  readonly localStates: number;
  readonly messages: number;
  readonly histories: number;
  readonly transitions: number;
  readonly handlerCalls: number;
  /** By kind of party and kind of input: how many distinct inputs were met, and whether any had an effect. */
  readonly inputs: readonly InputCoverage[];
  /** What was sent or offered, or has a handler, and never had an effect: within these bounds it is untested code. */
  readonly neverFired: readonly Pick<InputCoverage, "party" | "input">[];
}
export interface InputCoverage {
  readonly party: "server" | "client";
  readonly input: string;
  readonly distinct: number;
  readonly reacted: boolean;
}

export function coverageOf(model: ActorModel, engine: { readonly memo: Memo; readonly counts: Engine["counts"] }): Coverage {
  const byKind = new Map<string, InputCoverage>();
  for (const { party, input, reacted } of engine.memo.observed()) {
    const kind = kindOf(model, party, input);
    const known = byKind.get(keyOf(kind));
    byKind.set(keyOf(kind), { ...kind, distinct: (known?.distinct ?? 0) + 1, reacted: reacted || known?.reacted === true });
  }
  const { locals, envelopes, histories, transitions } = engine.counts;
  return {
    localStates: locals,
    messages: envelopes,
    histories,
    transitions,
    handlerCalls: engine.memo.handlerCalls,
    inputs: [...byKind.values()].sort(byKey),
    neverFired: withoutEffect(byKind, possibleKinds(model, engine.memo)),
  };
}

/** Of `possible` kinds, those that no input of `seen` has shown an effect of. */
export function withoutEffect(seen: ReadonlyMap<string, InputCoverage>, possible: Iterable<InputKind>): readonly InputKind[] {
  const never = new Map<string, InputKind>();
  for (const kind of possible) if (seen.get(keyOf(kind))?.reacted !== true) never.set(keyOf(kind), { party: kind.party, input: kind.input });
  return [...never.values()].sort(byKey);
}

/** Names a kind of input. */
export function keyOf(kind: InputKind): string {
  return `${kind.party} ${kind.input}`;
}
type InputKind = Pick<InputCoverage, "party" | "input">;

function byKey(a: InputKind, b: InputKind): number {
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

/** What was sent, what was offered, and timers where an actor has a handler for them. */
function* possibleKinds(model: ActorModel, memo: Memo): IterableIterator<InputKind> {
  for (const { from, to, message } of memo.envelopes.objects) yield kindOf(model, to, { input: "message", from, message });
  for (const { party, input } of memo.inputs.objects) if (input.input !== "cut" && input.input !== "heal") yield kindOf(model, party, input);
  for (const party of model.parties.slice(0, model.servers)) if (party.handlesTimers === true) yield { party: "server", input: "timer" };
}

function kindOf(model: ActorModel, party: number, input: PartyInput): InputKind {
  return { party: party < model.servers ? "server" : "client", input: describeInput(input, model.servers) };
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
