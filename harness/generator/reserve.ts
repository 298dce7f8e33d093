import { assert } from "../assert.ts";
import { type Draw, type GeneratorContext, type OpGenerator, type Thread, type ThreadSet } from "../generator.ts";
import { any } from "./any.ts";
import { onThreads } from "./on-threads.ts";
import { threadSet } from "./threads.ts";

/**
 * The first `n` client threads work for the first generator, the next for the second …, all others for `rest`.
 *
 *     reserve([[2, writers], [1, casers]], readers)     threads 0 1 | 2 | 3 4 5 …
 */
export function reserve(ranges: readonly (readonly [threads: number, generator: OpGenerator])[], rest: OpGenerator): OpGenerator {
  const self: OpGenerator = {
    draw: (context): Draw => split(context).draw(context),
    update: (context, event) => split(context).update(context, event),
  };
  return self;

  /** Which threads there are is known only when it is first asked. */
  function split(context: GeneratorContext): OpGenerator {
    const threads = context.threads;
    const wanted = ranges.reduce((sum, [count]) => sum + count, 0);
    assert(threads.length >= wanted, `reserve has the ${wanted} threads that it shares out (it has ${threads.length})`);
    let first = 0;
    const parts = ranges.map(([count, generator]) => onThreads(setOf(threads.slice(first, (first += count))), generator));
    return any(...parts, onThreads(setOf(threads.slice(first)), rest));
  }
}

function setOf(threads: readonly Thread[]): ThreadSet {
  return threadSet(threads.filter((thread) => thread !== "nemesis"), threads.includes("nemesis"));
}
