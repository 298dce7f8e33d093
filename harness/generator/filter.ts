import { type OpGenerator, type PlannedOp, wrapDraw } from "../generator.ts";

/** How many ops in a row may be refused before the condition counts as a mistake. */
const refusedMax = 100_000;

/** Only the ops for which `keep` holds; the others are skipped, and no time passes for them. `keep` must be pure. */
export function filter(keep: (op: PlannedOp) => boolean, inner: OpGenerator): OpGenerator {
  const self: OpGenerator = {
    draw(context) {
      let draw = inner.draw(context);
      for (let refused = 0; draw.kind === "op" && !keep(draw.op); refused++) {
        if (refused === refusedMax) throw new Error(`assertion failed: filter keeps one of ${refusedMax} ops in a row`);
        draw = draw.next.draw(context);
      }
      return wrapDraw(draw, (next) => filter(keep, next));
    },
    update(context, event) {
      const next = inner.update(context, event);
      return next === inner ? self : filter(keep, next);
    },
  };
  return self;
}
