import type { Actor, ActorContext, ActorId, Out, System } from "../../harness/actor.ts";
import { type ActorInput, emit, type HandlerResult, recorded } from "../../harness/actor-step.ts";
import { canonicalJson, isArray, isObject, type Json } from "../../harness/json.ts";

/**
 * What one run of a handler covers, told alike for the model, the simulator and real processes:
 *
 *     local state      the actor's own state after the handler, of that server
 *     handler branch   kind of actor · kind of input → effects in their order, repetitions taken together, and whether the
 *                      state is another:    `abd · message store → save, send stored; new state`
 *
 * A branch is told by what the handler did, not by the lines that ran: it needs no instrumentation, is the same on every
 * machine and for every witness, and cannot be met without the behaviour being met. Two paths through the code that do
 * the same count as one, so full branch coverage here says less than full line coverage would.
 */
export interface Covered {
  readonly state: string;
  readonly branch: string;
}

/** Of one handler's run; `before` is null at a start. */
export function coveredBy(step: { readonly kind: string; readonly id: ActorId; readonly before: Json; readonly input: ActorInput; readonly result: HandlerResult }): Covered {
  const { kind, id, before, input, result } = step;
  const effects: string[] = [];
  for (const effect of result.effects) {
    const name = effect.effect === "send" ? `send ${kindOf(effect.message)}` : effect.effect === "choose" ? `choose ${effect.key}` : effect.effect;
    if (effects.at(-1) !== name) effects.push(name);
  }
  const moved = canonicalJson(result.state) === canonicalJson(before) ? "same state" : "new state";
  return { state: `n${id + 1} ${canonicalJson(result.state)}`, branch: `${kind} · ${inputKind(input)} → ${effects.join(", ") || "nothing"}; ${moved}` };
}

function inputKind(input: ActorInput): string {
  switch (input.input) {
    case "message":
      return `message ${kindOf(input.message)}`;
    case "client":
      return `call ${input.call.f}`;
    case "timer":
      return `timer ${kindOf(input.timer)}`;
    case "choice":
      return `choice ${input.key}`;
    case "start":
      return "start";
  }
}

/** A message's or timer's type; names of operations are no kinds. */
function kindOf(value: Json): string {
  if (isObject(value)) return typeof value["type"] === "string" ? value["type"] : "object";
  if (isArray(value)) return typeof value[0] === "string" ? kindOf(value[0]) : "list";
  return typeof value === "string" && !/^c\d+\.\d+$/.test(value) ? value : typeof value;
}

/** The same system, whose every handler's run is told to `see`. What the handlers do is not changed. */
export function observedSystem(system: System, see: (covered: Covered) => void): System {
  const actors = new Map<Actor, Actor>();
  return {
    ...system,
    actor(id) {
      const actor = system.actor(id);
      let observed = actors.get(actor);
      if (observed === undefined) actors.set(actor, (observed = observedActor(actor, see)));
      return observed;
    },
  };
}

function observedActor(actor: Actor, see: (covered: Covered) => void): Actor {
  const tell = (self: ActorContext, before: Json, input: ActorInput, run: (out: Out) => Json, out: Out): Json => {
    const result = recorded(run);
    see(coveredBy({ kind: actor.kind, id: self.id, before, input, result }));
    emit(result.effects, out);
    return result.state;
  };
  const { onTimer, onChoice, onClient } = actor;
  return {
    kind: actor.kind,
    start: (self, durable, out) => tell(self, null, { input: "start" }, (to) => actor.start(self, durable, to), out),
    onMessage: (self, state, from, message, out) => tell(self, state, { input: "message", from, message }, (to) => actor.onMessage(self, state, from, message, to), out),
    ...(onTimer === undefined ? {} : { onTimer: (self, state, timer, out) => tell(self, state, { input: "timer", timer }, (to) => onTimer(self, state, timer, to), out) }),
    ...(onChoice === undefined ? {} : { onChoice: (self, state, key, choice, out) => tell(self, state, { input: "choice", key, option: 0 }, (to) => onChoice(self, state, key, choice, to), out) }),
    ...(onClient === undefined ? {} : { onClient: (self, state, operation, call, out) => tell(self, state, { input: "client", operation, call }, (to) => onClient(self, state, operation, call, to), out) }),
  };
}
