import { exhausted, type GeneratorContext, type OpGenerator, plan } from "../generator.ts";
import type { Call } from "../op.ts";
import type { Random } from "../random.ts";

/**
 * Ops made by a function of their index: 0, 1, 2 … in order of drawing. `random` is forked by label and index, so call
 * 17 is the same call in every run of a seed, whichever thread gets it and whenever. `null` ends it.
 * The function must be pure; it is asked again when an op was drawn but not taken.
 */
export function calls(label: string, make: (index: number, random: Random, context: GeneratorContext) => Call | null): OpGenerator {
  return from(0);

  function from(index: number): OpGenerator {
    const self: OpGenerator = {
      draw(context) {
        const call = make(index, context.random.fork(`${label}/${index}`), context);
        return call === null ? exhausted : plan(context, call, { now: self, next: from(index + 1) });
      },
      update: () => self,
    };
    return self;
  }
}

/** These ops, one after the other. */
export function callsOf(list: readonly Call[]): OpGenerator {
  return from(0);

  function from(index: number): OpGenerator {
    const self: OpGenerator = {
      draw(context) {
        const call = list[index];
        return call === undefined ? exhausted : plan(context, call, { now: self, next: from(index + 1) });
      },
      update: () => self,
    };
    return self;
  }
}
