import type { SystemDefinition } from "../../harness/actor.ts";
import type { Settings } from "../../harness/options.ts";
import { type Explored, type ExploreRequest, exploreWatchfully } from "../explore.ts";
import { type Coverage, type CoverageSamples, CoverageTally } from "./coverage.ts";
import { observedSystem } from "./handler-steps.ts";

/** Every local state and handler branch of the model within its bounds. */
export interface ModelCoverage {
  readonly states: ReadonlySet<string>;
  readonly branches: ReadonlySet<string>;
}
/** What one kind of testing met of them. */
export interface HandlerCoverage {
  readonly states: Coverage;
  readonly branches: Coverage;
}

/** A model with its histories and, where they were watched for, its local states and handler branches. */
export interface ExploredModel extends Explored {
  readonly covered?: ModelCoverage;
}

/** Explores in full, and keeps which local states and handler branches there are. An aborted signal ends it within milliseconds, and is thrown. */
export async function exploreObserved(definition: SystemDefinition, settings: Settings, request: Omit<ExploreRequest, "track" | "reduceAfter">): Promise<ExploredModel> {
  const covered = { states: new Set<string>(), branches: new Set<string>() };
  const system = observedSystem(definition.make(settings), ({ state, branch }) => {
    covered.states.add(state);
    covered.branches.add(branch);
  });
  const explored = await exploreWatchfully(system, { ...request, track: "history" }, []);
  request.signal?.throwIfAborted();
  return { ...explored, covered };
}

/** What the samples met of what the model has. */
export function tallied(samples: CoverageSamples, model: ModelCoverage): HandlerCoverage {
  const tally = (of: "states" | "branches"): Coverage => {
    const tally = new CoverageTally(model[of]);
    samples[of].forEach((met) => tally.add(met));
    return tally.result();
  };
  return { states: tally("states"), branches: tally("branches") };
}
