import { earlier, exhausted, type OpGenerator, pending } from "../generator.ts";

/** Ops that begin within `ms` of the first time it is asked; then exhausted. Ops that are open then go on. */
export function timeLimit(ms: number, inner: OpGenerator): OpGenerator {
  return until(undefined, inner);

  function until(endNs: number | undefined, generator: OpGenerator): OpGenerator {
    const self: OpGenerator = {
      draw(context) {
        const end = endNs ?? context.timeNs + ms * 1e6;
        if (context.timeNs >= end) return exhausted;
        const draw = generator.draw(context);
        if (draw.kind === "exhausted") return draw;
        if (draw.kind === "pending") return pending(until(end, draw.next), earlier(draw.untilNs, end));
        // The op would come too late; but an event until then may bring another one sooner.
        if (draw.op.timeNs >= end) return pending(until(end, generator), end);
        return { kind: "op", op: draw.op, next: until(end, draw.next) };
      },
      update(context, event) {
        const next = generator.update(context, event);
        return next === generator ? self : until(endNs, next);
      },
    };
    return self;
  }
}
