import { HarnessError } from "../errors.ts";
import { type Draw, type GeneratorContext, type OpGenerator, type Thread, type ThreadSet } from "../generator.ts";
import { any } from "./any.ts";
import { onThreads } from "./on-threads.ts";
import { threadSet } from "./threads.ts";

/**
 * The first `n` client threads work for the first generator, the next for the second …, all others for `rest`.
 *
 *     reserve([[2, writers], [1, casers]], readers)     threads 0 1 | 2 | 3 4 5 …
 *
 * Throws BAD_OPTION at the first draw if there are fewer threads than that.
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
    if (threads.length < wanted) throw new HarnessError("BAD_OPTION", `${wanted} threads are reserved of ${threads.length}`, { nextStep: "reserve fewer, or raise the concurrency" });
    let first = 0;
    const parts = ranges.map(([count, generator]) => onThreads(setOf(threads.slice(first, (first += count))), generator));
    return any(...parts, onThreads(setOf(threads.slice(first)), rest));
  }
}

function setOf(threads: readonly Thread[]): ThreadSet {
  return threadSet(threads.filter((thread) => thread !== "nemesis"), threads.includes("nemesis"));
}
