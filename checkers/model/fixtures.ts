import type { ActorModel } from "../../harness/actor-model.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { OptionSpec, Settings } from "../../harness/options.ts";
import type { PackedModel } from "./packed.ts";
import { increment, incrementLock } from "./fixtures/increment.ts";
import { interaction } from "./fixtures/interaction.ts";
import { linearEquation } from "./fixtures/linear-equation.ts";
import { linearizableRegister } from "./fixtures/linearizable-register.ts";
import { lwwRegister } from "./fixtures/lww-register.ts";
import { paxos } from "./fixtures/paxos.ts";
import { pingPong } from "./fixtures/ping-pong.ts";
import { raft } from "./fixtures/raft.ts";
import { singleCopyRegister } from "./fixtures/single-copy-register.ts";
import { twoPhaseCommit } from "./fixtures/two-phase-commit.ts";

/** A model that is explored only, never deployed: `rashomon explore NAME --set …`. */
export interface ModelDefinition {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** What `explore` takes; actor models can be simulated, replayed and drawn besides. */
  make(settings: Settings): ActorModel | PackedModel;
}

/** Models of the literature with published counts, in the order in which they are listed. */
export const modelDefinitions: readonly ModelDefinition[] = [singleCopyRegister, linearizableRegister, paxos, twoPhaseCommit, raft, lwwRegister, interaction, pingPong, increment, incrementLock, linearEquation];

/** The model of that name; `UNKNOWN_NAME` lists those that exist. */
export function findModel(name: string): ModelDefinition {
  const found = modelDefinitions.find((definition) => definition.name === name);
  if (found !== undefined) return found;
  throw new HarnessError("UNKNOWN_NAME", `no model ${JSON.stringify(name)} (there are ${modelDefinitions.map((model) => model.name).join(", ")})`, {
    nextStep: "see `rashomon list models`",
  });
}
