import { exhausted, type OpGenerator, type ThreadSet, wrapDraw } from "../generator.ts";

/** `inner` on these threads only; it hears of their events only. Where there are none of them it is exhausted. */
export function onThreads(threads: ThreadSet, inner: OpGenerator): OpGenerator {
  const self: OpGenerator = {
    draw(context) {
      const own = context.only(threads);
      return own.size === 0 ? exhausted : wrapDraw(inner.draw(own), (next) => onThreads(threads, next));
    },
    update(context, event) {
      const own = context.only(threads);
      if (!own.has(own.threadOf(event.process))) return self;
      const next = inner.update(own, event);
      return next === inner ? self : onThreads(threads, next);
    },
  };
  return self;
}
