import type { ActorModel } from "../../harness/actor-model.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { OptionSpec, Settings } from "../../harness/options.ts";
import { linearizableRegister } from "./fixtures/linearizable-register.ts";
import { singleCopyRegister } from "./fixtures/single-copy-register.ts";

/** A model that is explored only, never deployed: `rashomon explore NAME --set …`. */
export interface ModelDefinition {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** What `explore`, `replay` and `lamport` take. */
  make(settings: Settings): ActorModel;
}

/** Models of the literature with published counts, in the order in which they are listed. */
export const modelDefinitions: readonly ModelDefinition[] = [singleCopyRegister, linearizableRegister];

/** The model of that name; `UNKNOWN_NAME` lists those that exist. */
export function findModel(name: string): ModelDefinition {
  const found = modelDefinitions.find((definition) => definition.name === name);
  if (found !== undefined) return found;
  throw new HarnessError("UNKNOWN_NAME", `no model ${JSON.stringify(name)} (there are ${modelDefinitions.map((model) => model.name).join(", ")})`, {
    nextStep: "see `rashomon list models`",
  });
}
