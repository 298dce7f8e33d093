import type { ActorModel } from "../../harness/actor-model.ts";
import type { OptionSpec, Settings } from "../../harness/options.ts";
import type { Exploration, ExploreOptions } from "./explore.ts";

/** A model that is explored only, never deployed: `rashomon explore NAME --set …`. */
export interface ModelDefinition {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  explore(settings: Settings, options?: ExploreOptions): Exploration;
  /** The actor model behind it, where it is one: what can be replayed and drawn. */
  model?(settings: Settings): ActorModel;
}
