import { checkLinearizable } from "../checkers/linearizability/linearizability.ts";
import { estimateStates } from "../checkers/model/estimate.ts";
import { type Discovery, type ExplorableModel, exploreInTurns, type Exploration, type ExploreOptions } from "../checkers/model/explore.ts";
import { type ModelDefinition, modelDefinitions } from "../checkers/model/fixtures.ts";
import type { Progress } from "../checkers/model/lookout.ts";
import { exploreParallel } from "../checkers/model/parallel.ts";
import type { PackedModel } from "../checkers/model/packed.ts";
import { exploreByWalks } from "../checkers/model/walk.ts";
import type { SystemDefinition } from "../harness/actor.ts";
import { guarded, steps } from "../harness/budget.ts";
import { entryFile } from "../harness/entry.ts";
import { HarnessError } from "../harness/errors.ts";
import type { OptionSpec, Settings } from "../harness/options.ts";
import type { SequentialSpec } from "../harness/spec.ts";
import { cpuMs, monotonicMs, nextTurn } from "../harness/time.ts";
import type { Seed } from "../harness/ids.ts";
import { Random } from "../harness/random.ts";
import type { RunVerdict, WitnessAccount } from "../results/records.ts";
import { mustBeWritable, readCheckpoint, writeCheckpoint } from "./checkpoint-file.ts";
import { subjects } from "./subject.ts";

/** Something that can be explored: a system of ours, or a model of the literature. */
export interface Explorable {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  make(settings: Settings): ExplorableModel | PackedModel;
}

/** Everything that `rashomon explore` knows. */
export const explorables: readonly Explorable[] = [...subjects.flatMap((subject) => (subject.model === undefined ? [] : [subject.model])), ...modelDefinitions];

/** The system or model of that name; `UNKNOWN_NAME` lists those that exist, and says why a database is none. */
export function findExplorable(name: string): SystemDefinition | ModelDefinition {
  const found = explorables.find((candidate) => candidate.name === name);
  if (found !== undefined) return found as SystemDefinition | ModelDefinition;
  const database = subjects.some((subject) => subject.name === name);
  throw new HarnessError("UNKNOWN_NAME", database ? `${name} is a database: its code is not ours to explore` : `no model ${JSON.stringify(name)} (there are ${explorables.map((known) => known.name).join(", ")})`, {
    nextStep: database ? `use \`rashomon run ${name}\`` : "see `rashomon list models`",
  });
}

export interface ExploreRequest {
  readonly track: "history" | "monitor";
  /** Wall time; past it the account is a lower bound. */
  readonly budgetMs: number;
  readonly statesMax?: number;
  readonly depthMax?: number;
  /** Stop when all of these properties are discovered. */
  readonly targets?: readonly string[];
  readonly order?: "breadth" | "depth";
  /** Compare whole states. */
  readonly exact?: boolean;
  /** Explore that many states in full, then begin anew with reductions; undefined: never reduce. */
  readonly reduceAfter?: number;
  /** One state per orbit, for models that declare a symmetry. */
  readonly symmetry?: boolean;
  /** Files to keep the search in, and to go on from. */
  readonly checkpoint?: string;
  readonly resume?: string;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
}
export interface Explored {
  readonly exploration: Exploration;
  readonly verdict: RunVerdict;
  readonly cpuMs: number;
  /** Resident memory of this process at the end, bytes. */
  readonly rssBytes: number;
}

/**
 * Walks every behaviour within the bounds. A broken `always` is invalid; an unfinished walk without one is unknown. The
 * event loop gets a turn every few thousand states: an aborted signal ends the walk within milliseconds, unfinished.
 */
export async function exploreWatchfully(of: ExplorableModel | PackedModel, request: ExploreRequest, settings: readonly string[]): Promise<Explored> {
  const cpu = cpuMs();
  return explored(await exploreInTurns(of, optionsOf(request, settings), nextTurn), cpu);
}

/** Random walks instead of every behaviour: what is not found may still exist. */
export function walkNow(of: ExplorableModel, request: { readonly walks: number; readonly seed: Seed; readonly budgetMs: number }): Explored {
  const cpu = cpuMs();
  const end = monotonicMs() + request.budgetMs;
  const budget = guarded(Number.POSITIVE_INFINITY, () => (monotonicMs() > end ? `${request.budgetMs / 1000} s` : undefined));
  return explored(exploreByWalks(of, { walks: request.walks, random: new Random(request.seed), budget }), cpu);
}

function optionsOf(request: ExploreRequest, settings: readonly string[]): ExploreOptions {
  const end = monotonicMs() + request.budgetMs;
  const overrun = (): string | undefined => (request.signal?.aborted === true ? "interrupted" : monotonicMs() > end ? `${request.budgetMs / 1000} s` : undefined);
  const { track, statesMax, depthMax, targets, order, exact, reduceAfter, symmetry, checkpoint, resume, progress } = request;
  if (checkpoint !== undefined) mustBeWritable(checkpoint);
  return {
    track,
    budget: guarded(Number.POSITIVE_INFINITY, overrun),
    ...(statesMax === undefined ? {} : { statesMax }),
    ...(depthMax === undefined ? {} : { depthMax }),
    ...(targets === undefined ? {} : { targets }),
    ...(order === undefined ? {} : { order }),
    ...(exact === undefined ? {} : { exact }),
    ...(reduceAfter === undefined ? {} : { reduceAfter }),
    ...(symmetry === undefined ? {} : { symmetry }),
    ...(checkpoint === undefined ? {} : { checkpoint: { everyStates: 1_000_000, write: (latest) => writeCheckpoint(checkpoint, latest, settings) } }),
    ...(resume === undefined ? {} : { resume: readCheckpoint(resume, settings) }),
    progress: (now) => progress?.(progressInWords(now)),
  };
}

function progressInWords({ unique, depth, levels }: Progress): string {
  const guess = estimateStates(levels);
  return `${unique.toLocaleString("en")} states, depth ${depth}${guess === undefined ? "" : `, perhaps ${Math.round((100 * unique) / Math.max(unique, guess))}% of them all`}`;
}

/** The same with several workers, each a thread that makes the model for itself: every state, nothing reduced. */
export async function exploreInWorkers(name: string, settings: Settings, request: ExploreRequest & { readonly workers: number }): Promise<Explored> {
  const cpu = cpuMs();
  mustBeShared(request);
  const definition = findExplorable(name);
  const of = definition.make(settings);
  if ("kind" in of) throw new HarnessError("USAGE", `${name} is a model of bit fields: it is explored by one worker, fast`, { nextStep: "leave out --workers" });
  const fixture = modelDefinitions.some((model) => model.name === name);
  const exploration = await exploreParallel(of, {
    finder: fixture
      ? { module: entryFile(import.meta.url, "../checkers/model/fixtures"), export: "findModel" }
      : { module: entryFile(import.meta.url, "../clusters/systems/registry"), export: "findSystem" },
    name,
    settings,
    workers: request.workers,
    track: request.track,
    deadlineMs: request.budgetMs,
    ...(request.statesMax === undefined ? {} : { statesMax: request.statesMax }),
    ...(request.depthMax === undefined ? {} : { depthMax: request.depthMax }),
    ...(request.targets === undefined ? {} : { targets: request.targets }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  return explored(exploration, cpu);
}

/** What workers cannot do is told, not left out in silence. */
function mustBeShared(request: ExploreRequest): void {
  const wrong: string[] = [];
  if (request.order === "depth") wrong.push("workers walk breadth first, level by level");
  if (request.exact === true) wrong.push("workers share fingerprints, not whole states");
  if (request.reduceAfter !== undefined) wrong.push("workers see every state: nothing is reduced");
  if (request.symmetry === true) wrong.push("symmetry is of models of bit fields, which one thread explores");
  if (request.checkpoint !== undefined || request.resume !== undefined) wrong.push("checkpoints are of searches by one thread");
  if (wrong.length > 0) throw new HarnessError("USAGE", wrong.join("; "), { nextStep: "leave out --workers, or the option" });
}

function explored(exploration: Exploration, cpuBefore: number): Explored {
  const broken = exploration.discoveries.some((discovery) => discovery.kind === "counterexample");
  return {
    exploration,
    verdict: broken ? "invalid" : exploration.complete ? "valid" : "unknown",
    cpuMs: cpuMs() - cpuBefore,
    rssBytes: process.memoryUsage().rss,
  };
}

/** The bounds in short words: an account without them is worth nothing. */
export function boundsInWords(exploration: Exploration): string[] {
  const { bounds } = exploration;
  const { timers } = bounds.budgets;
  const drift = bounds.driftRatio === undefined ? "" : `, when clocks that drift by up to ${Math.round(bounds.driftRatio * 1000) / 10}% let them`;
  const troubles = Object.entries(troubleNames).map(([kind, names]) => [bounds.budgets[kind as keyof typeof troubleNames], ...names] as const);
  const none = [...troubles.filter(([count]) => count === 0).map(([, , many]) => many), ...(timers === 0 ? ["timers"] : [])];
  return [
    counted(bounds.servers, "server", "servers"),
    ...bounds.clients.map((script, client) => `client ${client}: ${script}`),
    { fifo: "FIFO links, as TCP gives", any: "messages in any order", set: "messages in any order, any number of times" }[bounds.order] ?? bounds.order,
    ...troubles.filter(([count]) => count !== 0).map(([count, one, many]) => counted(count, one, many)),
    ...(timers === 0 ? [] : [`timers fire ${counted(timers, "time", "times")}${drift}`]),
    ...(none.length === 0 ? [] : [`no ${none.join(", ")}`]),
  ];
}

/** What may happen besides, by its budget: one of it, several. */
const troubleNames = {
  losses: ["loss", "losses"],
  duplicates: ["duplicate", "duplicates"],
  crashes: ["crash", "crashes"],
  recoveries: ["recovery", "recoveries"],
  lostWrites: ["lost write", "lost writes"],
  partitions: ["partition", "partitions"],
} as const;

function counted(count: number | "unbounded", one: string, many: string): string {
  return `${count === "unbounded" ? "any number of" : count} ${count === 1 ? one : many}`;
}

/** The explorer's row in the table of accounts. */
export function exploreAccount(system: string, explored: Explored, more: { readonly expected?: RunVerdict; readonly rerun: string; readonly spec?: SequentialSpec }): WitnessAccount {
  const { exploration } = explored;
  const broken = exploration.discoveries.find((discovery) => discovery.kind === "counterexample");
  const states = exploration.unique.toLocaleString("en");
  return {
    witness: "explore",
    system,
    verdict: explored.verdict,
    ...(more.expected === undefined ? {} : { expected: more.expected }),
    summary:
      broken !== undefined
        ? `not ${broken.property} after ${broken.length} steps${exploration.reducedPasses === 0 ? ", and no shorter way" : ""}`
        : exploration.complete
          ? `proof: ${states} states, every one of them linearizable, within these bounds`
          : `nothing found in ${states} states, but not all were seen`,
    figures: [
      { label: "states", value: states },
      { label: "transitions", value: exploration.generated.toLocaleString("en") },
      { label: "depth", value: String(exploration.depth) },
      ...(broken === undefined ? [] : [{ label: "shortest counterexample", value: `${broken.length} steps` }]),
      ...(exploration.outcomes === undefined ? [] : [{ label: "outcomes", value: String(exploration.outcomes.terminal.size) }]),
    ],
    bounds: boundsInWords(exploration),
    cpuMs: explored.cpuMs,
    rerun: more.rerun,
    discoveries: exploration.discoveries.map((discovery) => {
      const explanation = more.spec === undefined ? undefined : explain(discovery, more.spec);
      return { property: discovery.property, kind: discovery.kind, length: discovery.length, ...(explanation === undefined ? {} : { explanation }), diagrams: [discovery.diagram] };
    }),
  };
}

/** Why the clients of a counterexample cannot be explained: the same judge as for recorded histories. */
function explain(discovery: Discovery, spec: SequentialSpec): string | undefined {
  if (discovery.property !== "linearizable" || discovery.kind !== "counterexample") return undefined;
  const verdict = checkLinearizable(discovery.history, spec, { budget: steps(1_000_000), explain: true });
  return verdict.verdict === "invalid" ? verdict.anomalies[0].explanation : undefined;
}
