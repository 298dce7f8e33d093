import { availableParallelism } from "node:os";
import type { ActorModel } from "../../harness/actor-model.ts";
import type { System } from "../../harness/actor.ts";
import { guarded } from "../../harness/budget.ts";
import { HarnessError } from "../../harness/errors.ts";
import { isolate, type IsolatedLimits } from "../../harness/isolate.ts";
import type { Settings } from "../../harness/options.ts";
import { monotonicMs, nextTurn } from "../../harness/time.ts";
import { type Coverage, type InputCoverage, keyOf, withoutEffect } from "./coverage.ts";
import { Engine } from "./engine.ts";
import { engineOptions, type ExplorableModel, explorationOf, type Exploration, type Findings, findingsOf, type Outcomes } from "./explore.ts";
import { modelOf } from "./replay.ts";
import { sharedTeam, type SharedTeam, Team, TeamMember } from "./team.ts";

/**
 * `explore` with several workers: the same counts, the same lengths of counterexamples, less time on the clock (and
 * somewhat more CPU: each worker runs the handlers for itself). Each worker is a thread with an engine of its own;
 * they share only the table of seen fingerprints, so a worker must be able to make the model by itself, from where it
 * is found and its settings.
 */
export interface ParallelOptions {
  /** An exported function of a module: name → `{ make(settings) }`; such as `findSystem` of the registry of systems. */
  readonly finder: { readonly module: string; readonly export: string };
  readonly name: string;
  readonly settings: Settings;
  /** Number of workers; default: as many as the machine runs at once. */
  readonly workers?: number;
  readonly track?: "history" | "monitor";
  readonly statesMax?: number;
  readonly depthMax?: number;
  readonly stopAtCounterexample?: boolean;
  /** End as soon as all of these properties are discovered. */
  readonly targets?: readonly string[];
  readonly deadlineMs?: number;
  /** For each worker. */
  readonly memoryMb?: number;
  readonly signal?: AbortSignal;
  /** A level of that size is divided; default 1,000. */
  readonly splitAt?: number;
  /** One thread walks up to that many states first; see `smallSpace`. */
  readonly aloneMax?: number;
}

/**
 * A space as small as that is walked by one thread: it is done before others have started. A larger one is begun anew by
 * all; the tenth of a second that is lost then is what to start one of them costs.
 */
const smallSpace = 10_000;

/** Explores `of`, which must be what `options` makes. Not for models of bit fields, reductions or `leadsTo`. */
export async function exploreParallel(of: System | ActorModel, options: ParallelOptions): Promise<Exploration> {
  const model = modelOf(of);
  if (model.liveness.length > 0) {
    throw new HarnessError("USAGE", `${model.name} has leadsTo properties, which need all transitions in one place`, { nextStep: "explore it with one worker" });
  }
  const alone = await exploreAlone(model, options);
  if (alone !== undefined) return explorationOf(of, alone);
  const workers = options.workers ?? availableParallelism();
  const shared = sharedTeam({ workers, statesMax: Math.min(options.statesMax ?? model.statesMax, 2 ** 25) });
  const { signal, ...plain } = options;
  const abort = new AbortController();
  const both = signal === undefined ? abort.signal : AbortSignal.any([abort.signal, signal]);
  const shares = await Promise.all(
    Array.from({ length: workers }, async (_, index) => {
      const input: ShareInput = { ...plain, shared, index };
      try {
        const result = await isolate<ShareOutput>(
          { module: import.meta.url, export: "exploreShare", input },
          { deadlineMs: options.deadlineMs ?? 86_400_000, memoryMb: options.memoryMb ?? 8192, signal: both },
        );
        if (result.outcome === "returned") return result.value;
        throw new HarnessError("WORKER_FAILED", `worker ${index} of the exploration ended: ${result.reason}`, { nextStep: "give it more time or memory, or lower the model's bounds" });
      } catch (error) {
        // The others would wait for it at the next meeting.
        abort.abort(error);
        throw error;
      }
    }),
  );
  return explorationOf(of, together(shares));
}

/** What one thread finds; undefined when the space is larger than `aloneMax`. */
async function exploreAlone(model: ActorModel, options: ParallelOptions): Promise<Findings | undefined> {
  const { aloneMax = smallSpace, signal, ...plain } = options;
  const statesMax = options.statesMax ?? model.statesMax;
  const end = monotonicMs() + (options.deadlineMs ?? Number.POSITIVE_INFINITY);
  const budget = guarded(Number.POSITIVE_INFINITY, () => (signal?.aborted === true ? "interrupted" : monotonicMs() > end ? `${options.deadlineMs} ms` : undefined));
  const engine = new Engine(model, engineOptions(model, { ...plain, budget, statesMax: Math.min(aloneMax, statesMax) }));
  for (const _ of engine.running()) await nextTurn();
  return engine.unique < aloneMax || aloneMax >= statesMax ? { ...findingsOf(model, engine), limits: { ...engine.limits, statesMax } } : undefined;
}

interface ShareInput extends Omit<ParallelOptions, "signal"> {
  readonly shared: SharedTeam;
  readonly index: number;
}
interface ShareOutput extends Omit<Findings, "outcomes"> {
  readonly outcomes: { readonly all: readonly string[]; readonly terminal: readonly string[] } | undefined;
}

/** What runs in a worker. */
export async function exploreShare(input: ShareInput, limits: IsolatedLimits): Promise<ShareOutput> {
  const team = new Team(input.shared, input.index);
  try {
    const finder = ((await import(input.finder.module)) as { readonly [name: string]: (name: string) => { make(settings: Settings): ExplorableModel } })[input.finder.export];
    const of = finder?.(input.name).make(input.settings);
    if (of === undefined || "kind" in of) throw new HarnessError("USAGE", `${input.name} is no system of actors: workers cannot share it`, { nextStep: "explore it with one worker" });
    const model = modelOf(of);
    const member = new TeamMember(team, { splitAt: input.splitAt ?? 1000 });
    const budget = guarded(Number.POSITIVE_INFINITY, () => limits.overrun());
    const engine = new Engine(model, engineOptions(model, { ...input, budget }), member);
    engine.run();
    const alone = member.split === Number.POSITIVE_INFINITY;
    const findings = findingsOf(model, engine);
    const outcomes = findings.outcomes();
    return {
      ...findings,
      unique: member.unique,
      // What all did alike counts once.
      generated: team.index === 0 ? engine.generated : alone ? 0 : engine.generated - member.generatedBefore,
      outcomes: outcomes === undefined ? undefined : { all: [...outcomes.all], terminal: [...outcomes.terminal] },
    };
  } catch (error) {
    team.fail();
    throw error;
  }
}

function together(shares: readonly ShareOutput[]): Findings {
  const first = shares[0]!;
  const discoveries = new Map<string, Findings["discoveries"][number]>();
  for (const discovery of shares.flatMap((share) => share.discoveries)) {
    const known = discoveries.get(discovery.property);
    if (known === undefined || discovery.path.length < known.path.length) discoveries.set(discovery.property, discovery);
  }
  const sum = (of: (share: ShareOutput) => number): number => shares.reduce((total, share) => total + of(share), 0);
  return {
    unique: first.unique,
    generated: sum(({ generated }) => generated),
    depth: Math.max(...shares.map(({ depth }) => depth)),
    complete: shares.every(({ complete }) => complete),
    reducedPasses: 0,
    reductionSkipped: false,
    workers: shares.length,
    exact: false,
    limits: first.limits,
    discoveries: [...discoveries.values()].sort((a, b) => a.path.length - b.path.length),
    coverage: coverageTogether(shares.map(({ coverage }) => coverage), sum(({ coverage }) => coverage.handlerCalls)),
    outcomes: () => outcomesTogether(shares),
  };
}

/** Workers see nearly the same handlers: the largest of their numbers is a lower bound of the whole. */
function coverageTogether(all: readonly Coverage[], handlerCalls: number): Coverage {
  const largest = (of: (coverage: Coverage) => number): number => Math.max(...all.map(of));
  const inputs = new Map<string, InputCoverage>();
  for (const input of all.flatMap((coverage) => coverage.inputs)) {
    const known = inputs.get(keyOf(input));
    inputs.set(keyOf(input), { ...input, distinct: Math.max(input.distinct, known?.distinct ?? 0), reacted: input.reacted || known?.reacted === true });
  }
  return {
    localStates: largest(({ localStates }) => localStates),
    messages: largest(({ messages }) => messages),
    histories: largest(({ histories }) => histories),
    transitions: largest(({ transitions }) => transitions),
    handlerCalls,
    inputs: [...inputs.values()],
    neverFired: withoutEffect(inputs, all.flatMap((coverage) => coverage.neverFired)),
  };
}

function outcomesTogether(shares: readonly ShareOutput[]): Outcomes | undefined {
  const all = new Set<string>();
  const terminal = new Set<string>();
  for (const { outcomes } of shares) {
    if (outcomes === undefined) return undefined;
    for (const text of outcomes.all) all.add(text);
    for (const text of outcomes.terminal) terminal.add(text);
  }
  return { all, terminal };
}
