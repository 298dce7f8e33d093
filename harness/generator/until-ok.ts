import { noop, type OpGenerator, wrapDraw } from "../generator.ts";
import { OwnOps } from "./own-ops.ts";

/** `inner` until one of its own ops ends in `ok`. */
export function untilOk(inner: OpGenerator): OpGenerator {
  return trying(inner, OwnOps.none);
}

function trying(inner: OpGenerator, own: OwnOps): OpGenerator {
  const self: OpGenerator = {
    draw(context) {
      const draw = inner.draw(context);
      if (draw.kind !== "op") return wrapDraw(draw, (next) => trying(next, own));
      return { kind: "op", op: draw.op, next: trying(draw.next, own.drawn(context.processOf(draw.op.thread))) };
    },
    update(context, event) {
      if (event.type === "ok" && own.open.has(event.process)) return noop;
      const next = inner.update(context, event);
      const heard = own.heard(event);
      return next === inner && heard === own ? self : trying(next, heard);
    },
  };
  return self;
}
