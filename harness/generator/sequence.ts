import { type Draw, exhausted, type GeneratorContext, type OpGenerator, wrapDraw } from "../generator.ts";

/** Generators one after another: each begins when the one before is exhausted (its ops may still be open: see `phases`). */
export function sequence(generators: readonly OpGenerator[]): OpGenerator {
  return sequenceBy((index) => generators[index]);
}

/** The same, made by index and possibly endless; `undefined` ends it. `make` must be pure. Events go to the current one only. */
export function sequenceBy(make: (index: number) => OpGenerator | undefined): OpGenerator {
  return at(0, make(0));

  function at(index: number, current: OpGenerator | undefined): OpGenerator {
    const self: OpGenerator = {
      draw: (context) => drawFrom(context, index, current),
      update(context, event) {
        const next = current?.update(context, event);
        return next === current ? self : at(index, next);
      },
    };
    return self;
  }

  function drawFrom(context: GeneratorContext, first: number, generator: OpGenerator | undefined): Draw {
    let index = first;
    for (let current = generator; current !== undefined; current = make(++index)) {
      const draw = current.draw(context);
      if (draw.kind === "exhausted") continue;
      const place = index;
      return wrapDraw(draw, (next) => at(place, next));
    }
    return exhausted;
  }
}
