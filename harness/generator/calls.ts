import { type Draw, exhausted, type GeneratorContext, type OpGenerator, plan } from "../generator.ts";
import type { Call } from "../op.ts";
import type { Random } from "../random.ts";
import { NumberedForks } from "./numbered-forks.ts";

/**
 * Ops made by a function of their index: 0, 1, 2 … in order of drawing. `random` is forked by label and index, so call
 * 17 is the same call in every run of a seed, whichever thread gets it and whenever. `null` ends it.
 * The function must be pure; it is asked again when an op was drawn but not taken.
 */
export function calls(label: string, make: (index: number, random: Random, context: GeneratorContext) => Call | null): OpGenerator {
  const forks = new NumberedForks(label);
  return new Calls((index, context) => make(index, forks.of(context.random, index), context), 0);
}

/** These ops, one after the other. */
export function callsOf(list: readonly Call[]): OpGenerator {
  return new Calls((index) => list[index] ?? null, 0);
}

class Calls implements OpGenerator {
  readonly #make: (index: number, context: GeneratorContext) => Call | null;
  readonly #index: number;

  constructor(make: (index: number, context: GeneratorContext) => Call | null, index: number) {
    this.#make = make;
    this.#index = index;
  }

  draw(context: GeneratorContext): Draw {
    const call = this.#make(this.#index, context);
    return call === null ? exhausted : plan(context, call, { now: this, next: new Calls(this.#make, this.#index + 1) });
  }

  update(): OpGenerator {
    return this;
  }
}
