import { exhausted, type OpGenerator, pending } from "../generator.ts";

/** At most `count` ops. */
export function limit(count: number, inner: OpGenerator): OpGenerator {
  const self: OpGenerator = {
    draw(context) {
      if (count <= 0) return exhausted;
      const draw = inner.draw(context);
      if (draw.kind === "op") return { kind: "op", op: draw.op, next: limit(count - 1, draw.next) };
      return draw.kind === "pending" ? pending(limit(count, draw.next), draw.untilNs) : draw;
    },
    update(context, event) {
      const next = inner.update(context, event);
      return next === inner ? self : limit(count, next);
    },
  };
  return self;
}
