import { unlimited } from "../../harness/budget.ts";
import type { LamportDiagram } from "../../harness/diagram.ts";
import { HarnessError } from "../../harness/errors.ts";
import { historyOf } from "../../harness/history.ts";
import type { Discovery, Exploration, ExploreOptions } from "./explore.ts";
import { PackedEngine, type PackedModel } from "./packed.ts";

/** `explore` of a model that is no system of actors: it has no clients, so no histories and no schedule to replay. */
export function searchPacked(model: PackedModel, options: ExploreOptions): { readonly turns: Iterable<void>; result(): Exploration } {
  if (options.checkpoint !== undefined || options.resume !== undefined || options.visit !== undefined || options.within !== undefined) {
    throw new HarnessError("USAGE", `${model.name} is a model of bit fields: it has no checkpoints, visitors or boundaries`, { nextStep: "leave out the option" });
  }
  if (options.symmetry === true && model.canonical === undefined) {
    throw new HarnessError("USAGE", `${model.name} declares no symmetry`, { nextStep: "explore it without symmetry" });
  }
  const engine = new PackedEngine(model, {
    budget: options.budget ?? unlimited(),
    statesMax: options.statesMax ?? Number.POSITIVE_INFINITY,
    depthMax: options.depthMax ?? Number.POSITIVE_INFINITY,
    order: options.order ?? "breadth",
    symmetry: options.symmetry ?? false,
    stopAtCounterexample: options.stopAtCounterexample ?? false,
    targets: options.targets ?? [],
    progress: options.progress,
  });
  return { turns: engine.running(), result: () => explorationOf(model, engine, options) };
}

function explorationOf(model: PackedModel, engine: PackedEngine, options: ExploreOptions): Exploration {
  const found = new Set(engine.discoveries.map(({ property }) => property));
  const fired = engine.observed();
  return {
    system: model.name,
    unique: engine.unique,
    generated: engine.generated,
    depth: engine.depth,
    complete: engine.complete,
    discoveries: engine.discoveries.map(({ property, kind, state }): Discovery => {
      const actions = engine.path(state).map((action) => model.describe(action));
      return {
        property,
        kind,
        length: actions.length,
        path: actions.map(({ label }) => label),
        schedule: [],
        history: historyOf([]),
        diagram: diagramOf(model, actions, { property, kind }),
      };
    }),
    undiscovered: model.properties.filter(({ name }) => !found.has(name)).map(({ name, kind }) => ({ property: name, kind })),
    outcomes: undefined,
    bounds: {
      servers: model.lanes.length,
      clients: [],
      order: "none",
      noop: "none",
      budgets: { losses: 0, duplicates: 0, crashes: 0, recoveries: 0, timers: 0, lostWrites: 0, partitions: 0 },
      statesMax: options.statesMax ?? "unbounded",
      depthMax: options.depthMax ?? "unbounded",
    },
    coverage: {
      localStates: 0,
      messages: 0,
      histories: 0,
      transitions: engine.generated - 1,
      handlerCalls: engine.unique,
      inputs: fired.map((action) => ({ party: "server" as const, input: model.describe(action).label, distinct: 1, reacted: true })),
      neverFired: [],
    },
    reducedPasses: 0,
    reductionSkipped: false,
    workers: 1,
    // Keys are exact: nothing is merged.
    collisionsExpected: 0,
  };
}

function diagramOf(model: PackedModel, actions: readonly { readonly lane: number; readonly label: string }[], about: Pick<Discovery, "property" | "kind">): LamportDiagram {
  const bad = about.kind === "counterexample";
  return {
    kind: "lamport",
    title: `${model.name}: ${about.kind} of "${about.property}" in ${actions.length} steps`,
    lanes: model.lanes,
    events: actions.map(({ lane, label }, i) => {
      const last = bad && i === actions.length - 1;
      return { lane, at: i + 1, label: last ? `${label}: not ${about.property}` : label, mark: last ? "violation" : "plain" };
    }),
    messages: [],
    caption: "time runs down",
  };
}
