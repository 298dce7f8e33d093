import { type Draw, exhausted, type GeneratorContext, type OpGenerator, wrapDraw } from "../generator.ts";
import type { Random } from "../random.ts";

/** `inner` from its beginning again whenever it is exhausted, `count` rounds or for ever; each round has its own values. */
export function cycle(inner: OpGenerator, count: number = Number.POSITIVE_INFINITY): OpGenerator {
  return round(0, inner, undefined);

  /** `random`: the round's source of values, once known. */
  function round(number: number, current: OpGenerator, random: Random | undefined): OpGenerator {
    const self: OpGenerator = {
      draw(context) {
        if (number >= count) return exhausted;
        const own = random ?? context.random.fork(`round-${number}`);
        const draw = current.draw(context.under(own));
        return draw.kind === "exhausted" ? again(context, number + 1) : wrapDraw(draw, (next) => round(number, next, own));
      },
      update(context, event) {
        const next = current.update(random === undefined ? context : context.under(random), event);
        return next === current ? self : round(number, next, random);
      },
    };
    return self;
  }

  /** The first draw of round `number`; an `inner` that has nothing at its very beginning ends it all. */
  function again(context: GeneratorContext, number: number): Draw {
    if (number >= count) return exhausted;
    const own = context.random.fork(`round-${number}`);
    return wrapDraw(inner.draw(context.under(own)), (next) => round(number, next, own));
  }
}
