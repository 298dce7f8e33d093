import type { ActorModel } from "../../harness/actor-model.ts";
import type { System } from "../../harness/actor.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import type { Schedule, ScheduleStep } from "../../harness/schedule.ts";
import { World } from "../../harness/world.ts";
import { describeMessage, describeStep } from "./lamport.ts";
import { modelOf } from "./replay.ts";

/**
 * A model on demand: one state at a time, as a person or a page walks it. A state is the schedule that leads to it, so
 * going back is leaving out steps, and any place can be named, stored and sent to somebody else.
 */
export interface StateSpace<State, Action> {
  initial(): readonly State[];
  successors(state: State): readonly (readonly [Action, State])[];
}

export interface SteppedState {
  readonly schedule: Schedule;
  /** Equal for equal states, whatever led to them. */
  readonly key: string;
  readonly parties: readonly { readonly label: string; readonly state: Json }[];
  /** In flight, in words. */
  readonly messages: readonly string[];
}

/** The space of a system or model. Each call replays the schedule: O(steps). */
export function stateSpaceOf(of: System | ActorModel): StateSpace<SteppedState, ScheduleStep> {
  const model = modelOf(of);
  return {
    initial: () => [stateAfter(model, [])],
    successors(state) {
      const world = worldAfter(model, state.schedule);
      return world.enabled().map((step) => [step, stateAfter(model, [...state.schedule, step])] as const);
    },
  };
}

/**
 * The state graph in Graphviz's language, breadth first, for spaces that fit a page: at most `statesMax` states
 * (default 200); what was not expanded is dashed.
 */
export function dotOf(of: System | ActorModel, options: { readonly statesMax?: number } = {}): string {
  const model = modelOf(of);
  const space = stateSpaceOf(model);
  const statesMax = options.statesMax ?? 200;
  const numbers = new Map<string, number>();
  const states: SteppedState[] = [];
  const number = (state: SteppedState): number => {
    const known = numbers.get(state.key);
    if (known !== undefined) return known;
    numbers.set(state.key, states.length);
    return states.push(state) - 1;
  };
  for (const state of space.initial()) number(state);
  const edges: string[] = [];
  let expanded = 0;
  for (; expanded < states.length && states.length <= statesMax; expanded++) {
    for (const [step, next] of space.successors(states[expanded]!)) edges.push(`  s${expanded} -> s${number(next)} [label=${quoted(describeStep(model, step))}];`);
  }
  const nodes = states.map((state, i) => `  s${i} [label=${quoted(labelOf(state))}${i < expanded ? "" : ", style=dashed"}];`);
  return [`digraph ${quoted(model.name)} {`, "  node [shape=box, fontname=monospace];", ...nodes, ...edges, "}", ""].join("\n");
}

function labelOf(state: SteppedState): string {
  return [...state.parties.map(({ label, state: shown }) => `${label}: ${JSON.stringify(shown)}`), ...state.messages].join("\n");
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\l")}"`;
}

function worldAfter(model: ActorModel, schedule: Schedule): World {
  const world = new World(model);
  for (const step of schedule) world.apply(step);
  return world;
}

function stateAfter(model: ActorModel, schedule: Schedule): SteppedState {
  const world = worldAfter(model, schedule);
  const flights = world.links().flatMap(({ from, to, inFlight }) => inFlight.map(({ message }) => ({ from, to, message })));
  const keyed = flights.map(({ from, to, message }) => canonicalJson([from, to, message]));
  // The order of a queue is part of the state; that of a bag is not.
  if (model.network.order !== "fifo") keyed.sort();
  const history = [...world.history()].map(({ process, type, f, value }) => [process, type, f, value]);
  return {
    schedule,
    key: canonicalJson([world.locals, keyed, world.spent, world.cut ?? null, world.zone, history] as unknown as Json),
    parties: model.parties.map((party, id) => ({ label: party.label, state: party.show(world.locals[id]!) })),
    messages: flights.map(({ from, to, message }) => `${model.parties[from]!.label} → ${model.parties[to]?.label ?? to}: ${describeMessage(model, message)}`),
  };
}
