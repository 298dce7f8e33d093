import { type Draw, earlier, exhausted, type GeneratorContext, type OpGenerator, pending } from "../generator.ts";
import type { Op } from "../op.ts";

/** Ops that begin within `ms` of the first time it is asked; then exhausted. Ops that are open then go on. */
export function timeLimit(ms: number, inner: OpGenerator): OpGenerator {
  return new TimeLimit(ms, undefined, inner);
}

class TimeLimit implements OpGenerator {
  readonly #ms: number;
  /** Known from the first time it was asked. */
  readonly #endNs: number | undefined;
  readonly #inner: OpGenerator;

  constructor(ms: number, endNs: number | undefined, inner: OpGenerator) {
    this.#ms = ms;
    this.#endNs = endNs;
    this.#inner = inner;
  }

  draw(context: GeneratorContext): Draw {
    const endNs = this.#endNs ?? context.timeNs + this.#ms * 1e6;
    if (context.timeNs >= endNs) return exhausted;
    const draw = this.#inner.draw(context);
    if (draw.kind === "exhausted") return draw;
    if (draw.kind === "pending") return pending(this.#at(endNs, draw.next), earlier(draw.untilNs, endNs));
    // The op would come too late; but an event until then may bring another one sooner.
    if (draw.op.timeNs >= endNs) return pending(this.#at(endNs, this.#inner), endNs);
    return { kind: "op", op: draw.op, next: this.#at(endNs, draw.next) };
  }

  update(context: GeneratorContext, event: Op): OpGenerator {
    return this.#at(this.#endNs, this.#inner.update(context, event));
  }

  #at(endNs: number | undefined, inner: OpGenerator): OpGenerator {
    return endNs === this.#endNs && inner === this.#inner ? this : new TimeLimit(this.#ms, endNs, inner);
  }
}
