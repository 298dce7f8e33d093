import { exhausted, type OpGenerator, wrapDraw } from "../generator.ts";
import type { ProcessId } from "../ids.ts";

/**
 * Ops of at most `count` different processes, then exhausted. Each operation that ends in `info` adds a process that
 * stays concurrent for ever, and checkers pay for each: this bounds what they pay.
 */
export function processLimit(count: number, inner: OpGenerator): OpGenerator {
  return used(inner, new Set(), undefined);

  /** `drawn`: the process of the op drawn last; it counts when it is invoked, for a drawn op may be skipped. */
  function used(generator: OpGenerator, processes: ReadonlySet<ProcessId>, drawn: ProcessId | undefined): OpGenerator {
    const self: OpGenerator = {
      draw(context) {
        const draw = generator.draw(context);
        if (draw.kind !== "op") return wrapDraw(draw, (next) => used(next, processes, drawn));
        const process = context.processOf(draw.op.thread);
        if (!processes.has(process) && processes.size >= count) return exhausted;
        return { kind: "op", op: draw.op, next: used(draw.next, processes, process) };
      },
      update(context, event) {
        const next = generator.update(context, event);
        if (event.process === drawn && !processes.has(drawn)) return used(next, new Set(processes).add(drawn), undefined);
        return next === generator ? self : used(next, processes, drawn);
      },
    };
    return self;
  }
}
