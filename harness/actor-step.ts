import { unreachable } from "./assert.ts";
import type { Actor, ActorContext, ActorId, OperationId, Out } from "./actor.ts";
import { HarnessError } from "./errors.ts";
import { canonicalJson, deepFreeze, equalJson, type Json } from "./json.ts";
import type { Call } from "./op.ts";

/**
 * One step of one actor: run a handler, record what it asked for, fold the effects into what the node holds.
 * Explorer, simulator, replay and trace validation all step actors through here, so they cannot disagree on what an
 * effect means:
 *
 *     node before ──input──> handler ──> state', effects ──fold──> node after, sends, replies, timers
 */
export interface ActorNode {
  /** False between a crash and the recovery. */
  readonly up: boolean;
  /** The actor's own state; null while it is down, unless the model keeps it. */
  readonly state: Json;
  /** Timers that are set, sorted by canonical text, each once. */
  readonly timers: readonly Json[];
  /** Options offered and not yet taken, by key. */
  readonly choices: { readonly [key: string]: readonly Json[] };
  /** What was saved last; null before the first save. */
  readonly durable: Json;
  /** What the disk may fall back to in a crash, where a model lets it lose writes (disk.ts); absent: it keeps `durable`. */
  readonly fallback?: { readonly durable: Json };
}

/** What makes a node step. */
export type ActorInput =
  | { readonly input: "start" }
  | { readonly input: "message"; readonly from: ActorId; readonly message: Json }
  | { readonly input: "client"; readonly operation: OperationId; readonly call: Call }
  | { readonly input: "timer"; readonly timer: Json }
  | { readonly input: "choice"; readonly key: string; readonly option: number };

/** What a handler asked for, in order. */
export type Effect =
  | { readonly effect: "send"; readonly to: ActorId; readonly message: Json }
  | { readonly effect: "setTimer"; readonly timer: Json; readonly afterMs: readonly [number, number] }
  | { readonly effect: "cancelTimer"; readonly timer: Json }
  | { readonly effect: "choose"; readonly key: string; readonly options: readonly Json[] }
  | { readonly effect: "save"; readonly durable: Json }
  | { readonly effect: "reply"; readonly operation: OperationId; readonly value: Json };

export interface HandlerResult {
  readonly state: Json;
  readonly effects: readonly Effect[];
}

/** The node's life before its first start. */
export const unborn: ActorNode = deepFreeze({ up: false, state: null, timers: [], choices: {}, durable: null });

/**
 * Runs the handler for `input`. Pure but for the handler itself; a handler that throws, or lacks, ends in
 * `HANDLER_FAILED` with actor, handler and input.
 */
export function runHandler(actor: Actor, self: ActorContext, node: ActorNode, input: ActorInput): HandlerResult {
  return recorded((out) => callHandler(actor, self, node, input, out));
}

/** Runs a handler with an `Out` that keeps the effects, in the order of their calls, and lets none of them happen. */
export function recorded(handler: (out: Out) => Json): HandlerResult {
  const recorder = new Recorder();
  const state = handler(recorder);
  return { state, effects: recorder.effects };
}

/** Lets recorded effects happen through `out`, in their order. */
export function emit(effects: readonly Effect[], out: Out): void {
  for (const effect of effects) {
    switch (effect.effect) {
      case "send":
        out.send(effect.to, effect.message);
        break;
      case "setTimer":
        out.setTimer(effect.timer, effect.afterMs);
        break;
      case "cancelTimer":
        out.cancelTimer(effect.timer);
        break;
      case "choose":
        out.choose(effect.key, effect.options);
        break;
      case "save":
        out.save(effect.durable);
        break;
      case "reply":
        out.reply(effect.operation, effect.value);
        break;
      default:
        unreachable(effect);
    }
  }
}

/**
 * As `runHandler`, with proof of good conduct: the inputs are frozen, the handler runs twice, and both runs must give
 * the same state and effects. Memoised exploration, replay and trace validation all stand on that.
 */
export function runHandlerChecked(actor: Actor, self: ActorContext, node: ActorNode, input: ActorInput): HandlerResult {
  deepFreeze(node);
  deepFreeze(input);
  const first = runHandler(actor, self, node, input);
  const second = runHandler(actor, self, node, input);
  const a = [first.state, first.effects as readonly Json[]];
  const b = [second.state, second.effects as readonly Json[]];
  if (!equalJson(a, b) || (first.state === node.state) !== (second.state === node.state)) {
    throw new HarnessError("HANDLER_FAILED", `${describeHandler(actor, self, input)} is impure: two runs on the same input gave ${JSON.stringify(a)} and ${JSON.stringify(b)}`, {
      nextStep: "keep clocks, chance and variables outside of `state` out of the handler",
    });
  }
  return first;
}

/**
 * True when the input did nothing: same state (by reference) and no effect. A timer that only sets itself again did
 * nothing either.
 */
export function isIgnored(node: ActorNode, input: ActorInput, result: HandlerResult): boolean {
  if (input.input === "start" || input.input === "choice" || result.state !== node.state) return false;
  if (input.input !== "timer") return result.effects.length === 0;
  const [only] = result.effects;
  return result.effects.length === 1 && only!.effect === "setTimer" && equalJson(only!.timer, input.timer);
}

/** The node after the step: the input used up (a fired timer, a taken choice), then the effects in order. */
export function foldEffects(node: ActorNode, input: ActorInput, result: HandlerResult): ActorNode {
  let timers = node.timers;
  let choices = node.choices;
  let durable = node.durable;
  if (input.input === "start") {
    timers = [];
    choices = {};
  } else if (input.input === "timer") timers = withoutTimer(timers, input.timer);
  else if (input.input === "choice") {
    const { [input.key]: _taken, ...rest } = choices;
    choices = rest;
  }
  for (const effect of result.effects) {
    if (effect.effect === "setTimer") timers = withTimer(timers, effect.timer);
    else if (effect.effect === "cancelTimer") timers = withoutTimer(timers, effect.timer);
    else if (effect.effect === "choose") choices = { ...choices, [effect.key]: effect.options };
    else if (effect.effect === "save") durable = effect.durable;
  }
  return { up: true, state: result.state, timers, choices, durable };
}

/** The node after a crash: volatile state, timers and open choices are gone, what was saved stays. */
export function crashedNode(node: ActorNode): ActorNode {
  return { up: false, state: null, timers: [], choices: {}, durable: node.durable, ...(node.fallback === undefined ? {} : { fallback: node.fallback }) };
}

function callHandler(actor: Actor, self: ActorContext, node: ActorNode, input: ActorInput, out: Out): Json {
  try {
    switch (input.input) {
      case "start":
        return actor.start(self, node.durable, out);
      case "message":
        return actor.onMessage(self, node.state, input.from, input.message, out);
      case "client":
        if (actor.onClient === undefined) break;
        return actor.onClient(self, node.state, input.operation, input.call, out);
      case "timer":
        if (actor.onTimer === undefined) break;
        return actor.onTimer(self, node.state, input.timer, out);
      case "choice": {
        const option = node.choices[input.key]?.[input.option];
        if (actor.onChoice === undefined || option === undefined) break;
        return actor.onChoice(self, node.state, input.key, option, out);
      }
    }
  } catch (cause) {
    throw new HarnessError("HANDLER_FAILED", `${describeHandler(actor, self, input)} threw in state ${JSON.stringify(node.state)}`, {
      nextStep: "correct the handler; it must have an answer for every state and input that can meet",
      cause,
    });
  }
  throw new HarnessError("HANDLER_FAILED", `${describeHandler(actor, self, input)} does not exist`, {
    nextStep: "give the actor the handler, or do not send it such inputs",
  });
}

const handlerNames: { readonly [input in ActorInput["input"]]: string } = {
  start: "start",
  message: "onMessage",
  client: "onClient",
  timer: "onTimer",
  choice: "onChoice",
};

function describeHandler(actor: Actor, self: ActorContext, input: ActorInput): string {
  return `handler ${handlerNames[input.input]} of ${actor.kind} ${self.id} for ${canonicalJson(input as Json)}`;
}

function withTimer(timers: readonly Json[], timer: Json): readonly Json[] {
  if (timers.some((other) => equalJson(other, timer))) return timers;
  return [...timers, timer].sort((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1));
}

function withoutTimer(timers: readonly Json[], timer: Json): readonly Json[] {
  return timers.filter((other) => !equalJson(other, timer));
}

class Recorder implements Out {
  readonly effects: Effect[] = [];
  send(to: ActorId, message: Json): void {
    this.effects.push({ effect: "send", to, message });
  }
  setTimer(timer: Json, afterMs: readonly [number, number]): void {
    this.effects.push({ effect: "setTimer", timer, afterMs });
  }
  cancelTimer(timer: Json): void {
    this.effects.push({ effect: "cancelTimer", timer });
  }
  choose(key: string, options: readonly Json[]): void {
    this.effects.push({ effect: "choose", key, options });
  }
  save(durable: Json): void {
    this.effects.push({ effect: "save", durable });
  }
  reply(operation: OperationId, value: Json): void {
    this.effects.push({ effect: "reply", operation, value });
  }
}
