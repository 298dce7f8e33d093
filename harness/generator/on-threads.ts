import { type OpGenerator, type ThreadSet, wrapDraw } from "../generator.ts";

/** `inner` on these threads only; it hears of their events only. */
export function onThreads(threads: ThreadSet, inner: OpGenerator): OpGenerator {
  const self: OpGenerator = {
    draw: (context) => wrapDraw(inner.draw(context.only(threads)), (next) => onThreads(threads, next)),
    update(context, event) {
      const own = context.only(threads);
      if (!own.has(own.threadOf(event.process))) return self;
      const next = inner.update(own, event);
      return next === inner ? self : onThreads(threads, next);
    },
  };
  return self;
}
