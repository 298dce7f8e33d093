import { type OpGenerator, type PlannedOp, wrapDraw } from "../generator.ts";
import type { Call } from "../op.ts";

/** Every op's call changed by `change`, which must be pure; time and thread stay. */
export function map(change: (op: PlannedOp) => Call, inner: OpGenerator): OpGenerator {
  const self: OpGenerator = {
    draw(context) {
      const draw = wrapDraw(inner.draw(context), (next) => map(change, next));
      if (draw.kind !== "op") return draw;
      const { f, value } = change(draw.op);
      return { ...draw, op: { ...draw.op, f, value } };
    },
    update(context, event) {
      const next = inner.update(context, event);
      return next === inner ? self : map(change, next);
    },
  };
  return self;
}
