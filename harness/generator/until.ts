import { noop, type OpGenerator, wrapDraw } from "../generator.ts";
import type { Op } from "../op.ts";
import { OwnOps } from "./own-ops.ts";

/** `inner` until one of its own ops completes as `satisfied` says. */
export function until(satisfied: (completion: Op) => boolean, inner: OpGenerator): OpGenerator {
  return trying(satisfied, inner, OwnOps.none);
}

/** `inner` until one of its own ops ends in `ok`. */
export function untilOk(inner: OpGenerator): OpGenerator {
  return until((completion) => completion.type === "ok", inner);
}

function trying(satisfied: (completion: Op) => boolean, inner: OpGenerator, own: OwnOps): OpGenerator {
  const self: OpGenerator = {
    draw(context) {
      const draw = inner.draw(context);
      if (draw.kind !== "op") return wrapDraw(draw, (next) => trying(satisfied, next, own));
      return { kind: "op", op: draw.op, next: trying(satisfied, draw.next, own.drawn(context.processOf(draw.op.thread))) };
    },
    update(context, event) {
      if (event.type !== "invoke" && own.open.has(event.process) && satisfied(event)) return noop;
      const next = inner.update(context, event);
      const heard = own.heard(event);
      return next === inner && heard === own ? self : trying(satisfied, next, heard);
    },
  };
  return self;
}
