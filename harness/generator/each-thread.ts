import { type Draw, earlier, exhausted, type GeneratorContext, noop, type OpGenerator, pending, type Thread, type ThreadSet } from "../generator.ts";
import type { Random } from "../random.ts";
import { threadSet } from "./threads.ts";

/**
 * A copy of `inner` for each thread, each with its own values and seeing only its own thread.
 * Exhausted when all copies are.
 */
export function eachThread(inner: OpGenerator): OpGenerator {
  const self: OpGenerator = {
    draw: (context) => start(context).draw(context),
    update: (context, event) => start(context).update(context, event),
  };
  return self;

  function start(context: GeneratorContext): OpGenerator {
    const copies = new Map<Thread, Copy>();
    for (const thread of context.threads) {
      const set = thread === "nemesis" ? threadSet([], true) : threadSet([thread], false);
      copies.set(thread, { set, random: context.random.fork(`thread-${thread}`), generator: inner });
    }
    return running(copies);
  }
}

interface Copy {
  readonly set: ThreadSet;
  readonly random: Random;
  readonly generator: OpGenerator;
}

/** `copies`: those that are not exhausted. Drawing asks the free threads' copies until one has an op for now. */
function running(copies: ReadonlyMap<Thread, Copy>): OpGenerator {
  const self: OpGenerator = {
    draw(context) {
      if (copies.size === 0) return exhausted;
      let best: (Draw & { kind: "op" }) | undefined;
      let bestThread: Thread = 0;
      let untilNs: number | undefined;
      let changed: Map<Thread, Copy> | undefined;
      for (const thread of fromPicked(context)) {
        const copy = copies.get(thread);
        if (copy === undefined) continue;
        const draw = copy.generator.draw(context.only(copy.set).under(copy.random));
        if (draw.kind === "exhausted") (changed ??= new Map(copies)).delete(thread);
        else if (draw.kind === "pending") {
          if (draw.next !== copy.generator) (changed ??= new Map(copies)).set(thread, { ...copy, generator: draw.next });
          untilNs = earlier(untilNs, draw.untilNs);
        } else if (best === undefined || draw.op.timeNs < best.op.timeNs) {
          best = draw;
          bestThread = thread;
          if (draw.op.timeNs <= context.timeNs) break;
        }
      }
      if ((changed ?? copies).size === 0) return exhausted;
      if (best === undefined || (untilNs !== undefined && untilNs < best.op.timeNs)) {
        return pending(changed === undefined ? self : running(changed), untilNs);
      }
      changed ??= new Map(copies);
      changed.set(bestThread, { ...copies.get(bestThread)!, generator: best.next });
      return { kind: "op", op: best.op, next: running(changed) };
    },
    update(context, event) {
      const thread = context.threadOf(event.process);
      const copy = copies.get(thread);
      if (copy === undefined) return self;
      const next = copy.generator.update(context.only(copy.set).under(copy.random), event);
      return next === copy.generator ? self : running(new Map(copies).set(thread, { ...copy, generator: next }));
    },
  };
  return copies.size === 0 ? noop : self;
}

/** The free threads, beginning with a picked one, so that low numbers are not preferred. */
function fromPicked(context: GeneratorContext): readonly Thread[] {
  const free = context.free;
  const picked = context.pick();
  const start = picked === undefined ? 0 : free.indexOf(picked);
  return start <= 0 ? free : [...free.slice(start), ...free.slice(0, start)];
}
