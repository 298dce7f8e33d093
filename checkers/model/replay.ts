import { type ActorModel, actorModelOf } from "../../harness/actor-model.ts";
import type { System } from "../../harness/actor.ts";
import { assert } from "../../harness/assert.ts";
import type { History } from "../../harness/history.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import type { Schedule, ScheduleStep } from "../../harness/schedule.ts";
import { World } from "../../harness/world.ts";
import type { EngineEvent } from "./memo.ts";

/** A schedule played from the start. */
export interface Replay {
  /** Steps that could be taken; those that could not are left out. */
  readonly applied: Schedule;
  /** All parties' local states: before the first step, then after each applied step. */
  readonly states: readonly (readonly Json[])[];
  readonly history: History;
}

/** Plays `schedule` on a system or model. O(steps × parties). */
export function replay(of: System | ActorModel, schedule: Schedule): Replay {
  const model = modelOf(of);
  const world = new World(model);
  const applied: ScheduleStep[] = [];
  const show = (): Json[] => model.parties.map((party, id) => party.show(world.locals[id]!));
  const states: Json[][] = [show()];
  schedule.forEach((step, at) => {
    if (world.apply(step, at).result === "impossible") return;
    applied.push(step);
    states.push(show());
  });
  return { applied, states, history: world.history() };
}

/** A system's model; a model is its own. */
export function modelOf(of: System | ActorModel): ActorModel {
  return "parties" in of ? of : actorModelOf(of);
}

/** The explorer's path as a schedule: each envelope becomes the oldest such message in flight on its link. */
export function scheduleOf(model: ActorModel, path: readonly EngineEvent[]): Schedule {
  const world = new World(model);
  const schedule: ScheduleStep[] = [];
  const take = (step: ScheduleStep): void => {
    const { result } = world.apply(step);
    assert(result !== "impossible", `step ${JSON.stringify(step)} of the explorer's path can be replayed`);
    schedule.push(step);
  };
  for (const event of path) {
    const step = stepOf(world, event);
    // A reduced path drops messages that their receiver ignores for ever; on a FIFO link they are handled first.
    if (model.network.order === "fifo" && "to" in step) {
      for (const { n } of [...world.inFlight(step.from, step.to)]) {
        if (n < step.n) take({ step: "deliver", from: step.from, to: step.to, n });
      }
    }
    take(step);
  }
  return schedule;
}

function stepOf(world: World, event: EngineEvent): ScheduleStep {
  if (event.kind === "cut") return { step: "cut", cut: event.cut };
  if (event.kind === "heal") return { step: "heal" };
  if (event.kind !== "local") {
    const { from, to, message } = event.envelope;
    const text = canonicalJson(message);
    const found = world.inFlight(from, to).find((other) => canonicalJson(other.message) === text);
    assert(found !== undefined, `message ${text} of the explorer's path is in flight on ${from} → ${to}`);
    return { step: event.kind, from, to, n: found.n };
  }
  const { party, input } = event;
  switch (input.input) {
    case "timer":
      return { step: "timer", actor: party, timer: input.timer };
    case "choice":
      return { step: "choice", actor: party, key: input.key, option: input.option };
    case "call": {
      const client = party - world.model.servers;
      return { step: "call", client, n: world.calls(client) };
    }
    case "crash":
    case "loseWrite":
    case "recover":
      return { step: input.input, actor: party };
    case "message":
      throw new Error("assertion failed: a party's own input is not a message");
  }
}
