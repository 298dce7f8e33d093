import { noop, type OpGenerator, wrapDraw } from "../generator.ts";
import type { ProcessId } from "../ids.ts";

/** `inner` until one of its own ops ends in `ok`. */
export function untilOk(inner: OpGenerator): OpGenerator {
  return trying(inner, new Set());
}

/** `own`: the processes whose open op is one of ours. */
function trying(inner: OpGenerator, own: ReadonlySet<ProcessId>): OpGenerator {
  const self: OpGenerator = {
    draw(context) {
      const draw = inner.draw(context);
      if (draw.kind !== "op") return wrapDraw(draw, (next) => trying(next, own));
      const more = new Set(own).add(context.processOf(draw.op.thread));
      return { kind: "op", op: draw.op, next: trying(draw.next, more) };
    },
    update(context, event) {
      const next = inner.update(context, event);
      if (event.type === "invoke" || !own.has(event.process)) return next === inner ? self : trying(next, own);
      if (event.type === "ok") return noop;
      const fewer = new Set(own);
      fewer.delete(event.process);
      return trying(next, fewer);
    },
  };
  return self;
}
