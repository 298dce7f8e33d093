import { type Draw, exhausted, type GeneratorContext, type OpGenerator, pending, type ThreadSet } from "../generator.ts";
import type { Op } from "../op.ts";

/** `inner` on these threads only; it hears of their events only. Where there are none of them it is exhausted. */
export function onThreads(threads: ThreadSet, inner: OpGenerator): OpGenerator {
  return new OnThreads(threads, inner);
}

class OnThreads implements OpGenerator {
  readonly #threads: ThreadSet;
  readonly #inner: OpGenerator;

  constructor(threads: ThreadSet, inner: OpGenerator) {
    this.#threads = threads;
    this.#inner = inner;
  }

  draw(context: GeneratorContext): Draw {
    const own = context.only(this.#threads);
    if (own.size === 0) return exhausted;
    const draw = this.#inner.draw(own);
    if (draw.kind === "exhausted") return draw;
    const next = this.#with(draw.next);
    return draw.kind === "op" ? { kind: "op", op: draw.op, next } : pending(next, draw.untilNs);
  }

  update(context: GeneratorContext, event: Op): OpGenerator {
    const own = context.only(this.#threads);
    return own.has(own.threadOf(event.process)) ? this.#with(this.#inner.update(own, event)) : this;
  }

  #with(inner: OpGenerator): OpGenerator {
    return inner === this.#inner ? this : new OnThreads(this.#threads, inner);
  }
}
