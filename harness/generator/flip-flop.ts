import { type OpGenerator, wrapDraw } from "../generator.ts";

/** One op of `a`, one of `b`, one of `a` …; exhausted when the one whose turn it is is. Events go to both. */
export function flipFlop(a: OpGenerator, b: OpGenerator): OpGenerator {
  const self: OpGenerator = {
    draw(context) {
      const draw = a.draw(context);
      if (draw.kind === "op") return { kind: "op", op: draw.op, next: flipFlop(b, draw.next) };
      return wrapDraw(draw, (next) => flipFlop(next, b));
    },
    update(context, event) {
      const nextA = a.update(context, event);
      const nextB = b.update(context, event);
      return nextA === a && nextB === b ? self : flipFlop(nextA, nextB);
    },
  };
  return self;
}
