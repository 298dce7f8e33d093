import { type ActorModel, type BudgetKind, budgetKinds } from "../../harness/actor-model.ts";
import type { ClientScript, System } from "../../harness/actor.ts";
import type { Budget } from "../../harness/budget.ts";
import type { LamportDiagram } from "../../harness/diagram.ts";
import { unlimited } from "../../harness/budget.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { History } from "../../harness/history.ts";
import type { Schedule } from "../../harness/schedule.ts";
import { describeCall } from "../../harness/spec.ts";
import { type Coverage, coverageOf } from "./coverage.ts";
import { type Checkpoint, checkpointOf, restore } from "./checkpoint.ts";
import { Engine, type EngineOptions } from "./engine.ts";
import { searchPacked } from "./explore-packed.ts";
import { describeStep, lamport } from "./lamport.ts";
import type { Progress } from "./lookout.ts";
import type { EngineEvent } from "./memo.ts";
import type { PackedModel } from "./packed.ts";
import { modelOf, replay, scheduleOf } from "./replay.ts";
import type { SeenState } from "./seen-state.ts";

/**
 * The exhaustive witness: every behaviour of a system within its bounds.
 *
 *     explore(system) → all reachable states, counted; for each property that is broken (or, for `sometimes`, shown),
 *                       the shortest schedule that does it; and every history that clients can see
 *
 * Linearizability of the clients' history is a built-in `always` property. Breadth-first, so the first discovery of a
 * property is a shortest one. What the numbers mean (they are comparable with TLC's and Stateright's):
 *   unique     distinct states reached, the initial one included
 *   generated  1 + successors computed, repetitions included, ignored inputs excluded
 *   depth      states on the longest of the shortest paths (the initial state has depth 1)
 */
export function explore(of: ExplorableModel, options: ExploreOptions = {}): Exploration {
  const search = searchOf(of, options);
  for (const _ of search.turns);
  return search.result();
}

/** `explore`, which gives the outside world a turn every few thousand states: for a caller that must hear signals. */
export async function exploreInTurns(of: ExplorableModel, options: ExploreOptions, turn: () => Promise<unknown>): Promise<Exploration> {
  const search = searchOf(of, options);
  for (const _ of search.turns) await turn();
  return search.result();
}

/** A search that was begun: consume `turns`, then ask for the result. */
interface Search {
  readonly turns: Iterable<void>;
  result(): Exploration;
}

function searchOf(of: ExplorableModel, options: ExploreOptions): Search {
  if ("kind" in of) return searchPacked(of, options);
  const model = modelOf(of);
  mustFit(model, options);
  const engine = new Engine(model, engineOptions(model, options));
  const { checkpoint, resume } = options;
  if (resume !== undefined) restore(engine, resume, options.track ?? "history");
  const save = (): void => checkpoint?.write(checkpointOf(engine, options.track ?? "history"));
  return {
    turns: (function* () {
      let saved = resume?.tree.expanded ?? 0;
      for (const turn of engine.running(resume?.tree)) {
        yield turn;
        if (checkpoint === undefined || engine.expanded < saved + checkpoint.everyStates) continue;
        saved = engine.expanded;
        save();
      }
      if (!engine.complete) save();
    })(),
    result: () => explorationOf(of, findingsOf(model, engine)),
  };
}

/** An engine's options for `options`, with the model's own bounds where they say nothing. */
export function engineOptions(model: ActorModel, options: ExploreOptions): EngineOptions {
  return {
    track: options.track ?? "history",
    order: options.order ?? "breadth",
    exact: options.exact ?? false,
    budget: options.budget ?? unlimited(),
    statesMax: options.statesMax ?? model.statesMax,
    depthMax: options.depthMax ?? model.depthMax,
    progress: options.progress,
    stopAtCounterexample: options.stopAtCounterexample ?? false,
    targets: options.targets ?? [],
    visit: options.visit,
    within: options.within,
    reduceAfter: options.reduceAfter,
  };
}

/** Options that do not go together, with the model or with each other, are told all at once. */
function mustFit(model: ActorModel, options: ExploreOptions): void {
  const wrong: string[] = [];
  if (options.symmetry === true) wrong.push(`${model.name} breaks ties by its actors' ids: it has no symmetry to use`);
  const known = new Set(propertiesOf(model).map(({ name }) => name));
  for (const target of options.targets ?? []) if (!known.has(target)) wrong.push(`${model.name} has no property ${JSON.stringify(target)} (there are ${[...known].join(", ")})`);
  if (model.liveness.length > 0) {
    if (options.order === "depth") wrong.push("leadsTo properties are decided breadth first");
    if (options.within !== undefined) wrong.push("leadsTo properties need the whole space, without a boundary");
  }
  if (options.checkpoint !== undefined || options.resume !== undefined) {
    if (options.order === "depth" || model.liveness.length > 0) wrong.push("checkpoints are of breadth-first searches without leadsTo properties");
    if (options.reduceAfter !== undefined) wrong.push("checkpoints are of searches in full, without reductions");
  }
  if (wrong.length > 0) throw new HarnessError("USAGE", wrong.join("; "), { nextStep: "leave out the option, or explore another model" });
}

/** A system within its bounds, a model of actors, or a model of a few bit fields. */
export type ExplorableModel = System | ActorModel | PackedModel;

export interface ExploreOptions {
  /** `history` (default): all that clients saw, gives outcomes; `monitor`: only what linearizability needs, fewer states. */
  readonly track?: "history" | "monitor";
  /** One step per expanded state; when it ends the exploration is incomplete. Default: unlimited. */
  readonly budget?: Budget;
  /** Stop at about that many unique states; default: the model's own bound. */
  readonly statesMax?: number;
  /** States at this depth are counted, not expanded. Default: the model's own bound, usually none. */
  readonly depthMax?: number;
  /** End as soon as a property is known to be broken: the account is incomplete then. Default: false. */
  readonly stopAtCounterexample?: boolean;
  /**
   * Explore up to that many states in full, and if that is not all, begin anew with reductions: fewer states, the same
   * histories and verdicts; counts are the reduced space's. Undefined (default): never reduce.
   */
  readonly reduceAfter?: number;
  /**
   * `breadth` (default): discoveries are shortest. `depth`: the same states and counts, long paths first. With `depthMax`
   * or `statesMax`, depth first may leave out states that are within them: what it meets at the bound by a long way it
   * does not expand when it comes by a short one.
   */
  readonly order?: "breadth" | "depth";
  /** Compare whole states instead of 64-bit fingerprints: nothing is ever merged, for some 100 bytes a state. Default: false. */
  readonly exact?: boolean;
  /** End as soon as all of these properties are discovered: broken, or for `sometimes` shown. */
  readonly targets?: readonly string[];
  /** Called with every state when it is found. */
  readonly visit?: (state: SeenState) => void;
  /** A boundary: successors for which it is false are no part of the space. */
  readonly within?: (state: SeenState) => boolean;
  /** Gets the search so far every `everyStates` expanded states, and at the end when it is not complete. */
  readonly checkpoint?: { readonly everyStates: number; write(checkpoint: Checkpoint): void };
  /** Goes on from there: the same counts as if nothing had come between. */
  readonly resume?: Checkpoint;
  /** Visit one state per orbit of the model's symmetry; only models that declare one have it. Default: false. */
  readonly symmetry?: boolean;
  /** Called every 65,536 expanded states. */
  readonly progress?: (progress: Progress) => void;
}

export interface Exploration {
  readonly system: string;
  readonly unique: number;
  readonly generated: number;
  readonly depth: number;
  /** False: a bound or the budget cut it; what was not found may still exist. */
  readonly complete: boolean;
  /** In the order in which they were found, so by length. */
  readonly discoveries: readonly Discovery[];
  /** Properties that are settled by their absence: `always` and `leadsTo` never broken, `sometimes` never shown. */
  readonly undiscovered: readonly { readonly property: string; readonly kind: "always" | "sometimes" | "leadsTo" }[];
  /** Canonical histories (see compare.ts): all that are reachable (prefix-closed), and those of runs that have ended.
   * Undefined with `track: "monitor"`. Made when first asked for. */
  readonly outcomes: Outcomes | undefined;
  readonly bounds: Bounds;
  readonly coverage: Coverage;
  /** Expected number of states that were merged by a fingerprint collision: n(n-1)/2^65; 0 when records are compared. */
  readonly collisionsExpected: number;
  /** Threads that shared the states; 1 also where several were asked for and the space was small. */
  readonly workers: number;
  /** How often the exploration was begun with reductions until their verdicts held; 0: the counts are the full space's. */
  readonly reducedPasses: number;
  /** It was to be reduced, and was not: to decide would have cost more than the states that were left by the guess. */
  readonly reductionSkipped: boolean;
}

export interface Outcomes {
  readonly all: ReadonlySet<string>;
  readonly terminal: ReadonlySet<string>;
}

export interface Discovery {
  readonly property: string;
  readonly kind: "counterexample" | "example";
  /** Number of steps. */
  readonly length: number;
  /** What happened, step by step, in words. */
  readonly path: readonly string[];
  /** Empty for a model that is no system of actors. */
  readonly schedule: Schedule;
  /** Of a broken `leadsTo`: so many steps at the end repeat for ever; 0: the run has stopped. */
  readonly loopLength?: number;
  readonly history: History;
  readonly diagram: LamportDiagram;
}

/** Within what the account holds: print it beside every number. */
export interface Bounds {
  readonly servers: number;
  /** One line per client: `n1 write 1, n2 read`. */
  readonly clients: readonly string[];
  readonly order: string;
  readonly noop: string;
  readonly budgets: { readonly [kind in BudgetKind]: number | "unbounded" };
  /** How far clocks can drift, 0 … 1; undefined: timers fire at any moment. */
  readonly driftRatio?: number;
  /** Where the search was to stop, had it come so far. */
  readonly statesMax: number | "unbounded";
  readonly depthMax: number | "unbounded";
}

/** A bound as accounts give it: JSON has no infinity. */
export function boundOf(bound: number): number | "unbounded" {
  return Number.isFinite(bound) ? bound : "unbounded";
}

/** Where a search stops at the latest. */
export interface SearchLimits {
  readonly statesMax: number;
  readonly depthMax: number;
}

/** What one engine, or a team of them, has found. */
export interface Findings extends Pick<Exploration, "unique" | "generated" | "depth" | "complete" | "coverage" | "reducedPasses" | "reductionSkipped" | "workers"> {
  /** No state can have been merged with another. */
  readonly exact: boolean;
  readonly limits: SearchLimits;
  readonly discoveries: readonly { readonly property: string; readonly kind: Discovery["kind"]; readonly path: readonly EngineEvent[]; readonly loop?: readonly EngineEvent[] }[];
  outcomes(): Outcomes | undefined;
}

/** What an engine that has run has found. */
export function findingsOf(model: ActorModel, engine: Engine): Findings {
  const { unique, generated, depth, complete, reducedPasses, reductionSkipped } = engine;
  return {
    unique,
    generated,
    depth,
    complete,
    reducedPasses,
    reductionSkipped,
    workers: 1,
    exact: engine.exact,
    limits: engine.limits,
    discoveries: [
      ...engine.discoveries.map(({ property, kind, state }) => ({ property, kind, path: engine.path(state) })),
      ...Array.from(engine.brokenLiveness(), (run) => ({ ...run, kind: "counterexample" as const })),
    ],
    coverage: coverageOf(model, engine),
    outcomes: () => outcomesOf(engine),
  };
}

/** The account that findings make. */
export function explorationOf(of: System | ActorModel, findings: Findings): Exploration {
  const model = modelOf(of);
  const { unique, generated, depth, complete, coverage, reducedPasses, reductionSkipped, workers } = findings;
  const found = new Set(findings.discoveries.map(({ property }) => property));
  let outcomes: Outcomes | undefined;
  return {
    system: model.name,
    unique,
    generated,
    depth,
    complete,
    discoveries: findings.discoveries.map((discovery) => discoveryOf(model, discovery)),
    undiscovered: propertiesOf(model).filter(({ name }) => !found.has(name)).map(({ name, kind }) => ({ property: name, kind })),
    // Texts of all histories are many megabytes: made when somebody asks.
    get outcomes() {
      return (outcomes ??= findings.outcomes());
    },
    bounds: boundsOf(model, { clients: "model" in of ? of.model.clients : [], limits: findings.limits }),
    coverage,
    reducedPasses,
    reductionSkipped,
    workers,
    collisionsExpected: findings.exact ? 0 : (unique * (unique - 1)) / 2 ** 65,
  };
}

/** All that is asked of a model; linearizability is built in. */
function propertiesOf(model: ActorModel): readonly { readonly name: string; readonly kind: "always" | "sometimes" | "leadsTo" }[] {
  return [{ name: "linearizable", kind: "always" }, ...model.properties, ...model.messageProperties, ...model.stateProperties, ...model.liveness];
}

function discoveryOf(model: ActorModel, about: Findings["discoveries"][number]): Discovery {
  const { property, kind, loop } = about;
  const schedule = scheduleOf(model, [...about.path, ...(loop ?? [])]);
  const loopLength = loop === undefined ? undefined : schedule.length - scheduleOf(model, about.path).length;
  const forever = loopLength === undefined ? "" : loopLength === 0 ? ", and then nothing more" : `, the last ${loopLength} for ever`;
  const diagram = lamport(model, schedule, {
    title: `${model.name}: ${kind} of "${property}" in ${schedule.length} steps${forever}`,
    ...(kind === "counterexample" ? { violation: `not ${property}${forever}` } : {}),
  });
  return {
    property,
    kind,
    length: schedule.length,
    path: schedule.map((step) => describeStep(model, step)),
    schedule,
    ...(loopLength === undefined ? {} : { loopLength }),
    history: replay(model, schedule).history,
    diagram,
  };
}

function outcomesOf(engine: Engine): Outcomes | undefined {
  const all = new Set<string>();
  const terminal = new Set<string>();
  for (let history = 0; history < engine.tracker.count; history++) {
    const text = engine.tracker.text(history);
    if (text === undefined) return undefined;
    if (!engine.reached(history)) continue;
    all.add(text);
    if (engine.ended(history)) terminal.add(text);
  }
  return { all, terminal };
}

function boundsOf(model: ActorModel, { clients, limits }: { readonly clients: readonly ClientScript[]; readonly limits: SearchLimits }): Bounds {
  return {
    servers: model.servers,
    clients: clients.map((script) => script.map(({ node, call }) => `n${node + 1} ${describeCall(model.spec, call, undefined)}`).join(", ")),
    order: model.network.order,
    noop: model.network.noop,
    budgets: Object.fromEntries(budgetKinds.map((kind) => [kind, boundOf(model.budgets[kind])])) as Bounds["budgets"],
    ...(model.clocks === undefined ? {} : { driftRatio: model.clocks.driftRatio }),
    statesMax: boundOf(limits.statesMax),
    depthMax: boundOf(limits.depthMax),
  };
}
