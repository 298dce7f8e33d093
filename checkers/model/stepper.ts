import type { ActorModel } from "../../harness/actor-model.ts";
import type { System } from "../../harness/actor.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { ScheduleStep } from "../../harness/schedule.ts";
import { Judge } from "../../harness/watch.ts";
import { describeStep } from "./lamport.ts";
import { modelOf } from "./replay.ts";
import { type StateSpace, type SteppedState, stateSpaceOf } from "./state-space.ts";

/** One place of a walk, as a person sees it. */
export interface Place {
  /** How many steps led here, and the last of them in words; undefined at the start. */
  readonly steps: number;
  readonly last: string | undefined;
  readonly state: SteppedState;
  /** The first property that broke on the way; undefined: none did. */
  readonly broken: string | undefined;
  /** What can happen next, in words; chosen by number from 1. */
  readonly choices: readonly string[];
}

/** Walks a model by hand: one step forward, one back. Each look replays the steps so far. */
export class Stepper {
  readonly #model: ActorModel;
  readonly #space: StateSpace<SteppedState, ScheduleStep>;
  readonly #judge: Judge;
  readonly #path: SteppedState[];

  constructor(of: System | ActorModel) {
    this.#model = modelOf(of);
    this.#space = stateSpaceOf(this.#model);
    this.#judge = new Judge(this.#model);
    this.#path = [...this.#space.initial()];
  }

  /** Where the walk is. */
  look(): Place {
    const state = this.#path.at(-1)!;
    const last = state.schedule.at(-1);
    return {
      steps: state.schedule.length,
      last: last === undefined ? undefined : describeStep(this.#model, last),
      state,
      broken: this.#judge.judge(state.schedule).broken,
      choices: this.#space.successors(state).map(([step]) => describeStep(this.#model, step)),
    };
  }

  /** Takes the choice of that number, `back`, or refuses (`USAGE`) and stays. */
  take(order: string): void {
    if (order === "back") {
      if (this.#path.length === 1) throw refused("this is the start: there is nothing to go back to");
      this.#path.pop();
      return;
    }
    const successors = this.#space.successors(this.#path.at(-1)!);
    const chosen = /^[0-9]+$/.test(order) ? successors[Number(order) - 1] : undefined;
    if (chosen === undefined) throw refused(`${JSON.stringify(order)} is no choice here (there are ${successors.length === 0 ? "none" : `1 … ${successors.length}`})`);
    this.#path.push(chosen[1]);
  }
}

function refused(what: string): HarnessError {
  return new HarnessError("USAGE", what, { nextStep: "type the number of a step, back, or quit" });
}
