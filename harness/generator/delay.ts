import { type OpGenerator, pending } from "../generator.ts";

/** Ops exactly `ms` apart, over all threads together; one that is late is made up for as soon as a thread is free. */
export function delay(ms: number, inner: OpGenerator): OpGenerator {
  return due(undefined, inner);

  function due(dueNs: number | undefined, generator: OpGenerator): OpGenerator {
    const self: OpGenerator = {
      draw(context) {
        const draw = generator.draw(context);
        const planned = dueNs ?? context.timeNs;
        if (draw.kind === "exhausted") return draw;
        if (draw.kind === "pending") return pending(due(planned, draw.next), draw.untilNs);
        const op = planned > draw.op.timeNs ? { ...draw.op, timeNs: planned } : draw.op;
        return { kind: "op", op, next: due(planned + ms * 1e6, draw.next) };
      },
      update(context, event) {
        const next = generator.update(context, event);
        return next === generator ? self : due(dueNs, next);
      },
    };
    return self;
  }
}
