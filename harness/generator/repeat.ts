import { exhausted, type OpGenerator, pending } from "../generator.ts";

/** The first op of `inner` again and again, `count` times or for ever: `inner` never moves on. */
export function repeat(inner: OpGenerator, count: number = Number.POSITIVE_INFINITY): OpGenerator {
  const self: OpGenerator = {
    draw(context) {
      if (count <= 0) return exhausted;
      const draw = inner.draw(context);
      if (draw.kind === "op") return { kind: "op", op: draw.op, next: repeat(inner, count - 1) };
      return draw.kind === "pending" ? pending(repeat(draw.next, count), draw.untilNs) : draw;
    },
    update(context, event) {
      const next = inner.update(context, event);
      return next === inner ? self : repeat(next, count);
    },
  };
  return self;
}
