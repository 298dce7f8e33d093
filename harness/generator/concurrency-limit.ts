import { type OpGenerator, pending, wrapDraw } from "../generator.ts";
import { OwnOps } from "./own-ops.ts";

/** At most `count` ops of `inner` open at the same time, whatever the number of threads. */
export function concurrencyLimit(count: number, inner: OpGenerator): OpGenerator {
  return limited(inner, OwnOps.none);

  function limited(generator: OpGenerator, own: OwnOps): OpGenerator {
    const self: OpGenerator = {
      draw(context) {
        if (own.open.size >= count) return pending(self);
        const draw = generator.draw(context);
        if (draw.kind !== "op") return wrapDraw(draw, (next) => limited(next, own));
        return { kind: "op", op: draw.op, next: limited(draw.next, own.drawn(context.processOf(draw.op.thread))) };
      },
      update(context, event) {
        const next = generator.update(context, event);
        const heard = own.heard(event);
        return next === generator && heard === own ? self : limited(next, heard);
      },
    };
    return self;
  }
}
