import { assert } from "../assert.ts";
import { type OpGenerator, pending } from "../generator.ts";
import type { Random } from "../random.ts";
import { NumberedForks } from "./numbered-forks.ts";

export interface StaggerOptions {
  /** Mean time between two ops, over all threads together. */
  readonly meanMs: number;
  /** `exponential`: as independent clients arrive (Poisson), the default; `uniform`: in [0, 2 × mean). */
  readonly shape?: "exponential" | "uniform";
  /** Names its draws. */
  readonly label?: string;
}

/** An op that was due while no thread was free is made up for within this time; a longer backlog is dropped. */
const backlogMs = 20;

/**
 * Spreads ops over time: an open load whose mean rate is 1000 / meanMs per second, whatever the answers' times.
 * The op after one that was due at t is due at t + gap, not at (when it began) + gap: lateness does not lower the rate.
 */
export function stagger(options: StaggerOptions, inner: OpGenerator): OpGenerator {
  assert(options.meanMs >= 0, `stagger's mean of ${options.meanMs} ms is not negative`);
  const forks = new NumberedForks(options.label ?? "stagger");
  return due(0, undefined, inner);

  function due(index: number, dueNs: number | undefined, generator: OpGenerator): OpGenerator {
    const self: OpGenerator = {
      draw(context) {
        const draw = generator.draw(context);
        const planned = dueNs ?? context.timeNs;
        if (draw.kind === "exhausted") return draw;
        if (draw.kind === "pending") return pending(due(index, planned, draw.next), draw.untilNs);
        const base = Math.max(planned, draw.op.timeNs - backlogMs * 1e6);
        const next = due(index + 1, base + gapNs(context.random, index), draw.next);
        const op = planned > draw.op.timeNs ? { ...draw.op, timeNs: planned } : draw.op;
        return { kind: "op", op, next };
      },
      update(context, event) {
        const next = generator.update(context, event);
        return next === generator ? self : due(index, dueNs, next);
      },
    };
    return self;
  }

  function gapNs(random: Random, index: number): number {
    const draw = forks.of(random, index);
    const gapMs = options.shape === "uniform" ? draw.float() * 2 * options.meanMs : draw.exponential(options.meanMs);
    return Math.round(gapMs * 1e6);
  }
}
