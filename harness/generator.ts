import type { ProcessId } from "./ids.ts";
import type { Call, Op } from "./op.ts";
import type { Random } from "./random.ts";

/**
 * Where operations come from: pure values that can be asked, in real or simulated time, what to do next.
 * After Jepsen's generators (jepsen-io/generator): asked for an op, a generator gives one, or says "later", or "never again";
 * told of an event, it gives its successor. Nothing blocks and nothing mutates, so schedules are tested without a clock.
 */
export interface OpGenerator {
  draw(context: GeneratorContext): Draw;
  update(context: GeneratorContext, event: Op): OpGenerator;
}
export type Draw =
  /** Do this, by `thread`, at `timeNs` (now or later). */
  | { readonly kind: "op"; readonly op: PlannedOp; readonly next: OpGenerator }
  /** Nothing now; ask again at the next event, at the latest at `untilNs` if given. */
  | { readonly kind: "pending"; readonly next: OpGenerator; readonly untilNs?: number }
  | { readonly kind: "exhausted" };

export interface PlannedOp extends Call {
  readonly thread: Thread;
  readonly timeNs: number;
}

/** A client thread 0 … concurrency-1, or the nemesis. A thread's process changes after an `info`; the thread stays. */
export type Thread = number | "nemesis";

export interface GeneratorContext {
  readonly timeNs: number;
  /** Threads this generator may use and that are free now, ascending, nemesis last. */
  readonly free: readonly Thread[];
  /** All threads this generator may use. */
  readonly threads: readonly Thread[];
  processOf(thread: Thread): ProcessId;
  /** Drawn per label and index, never by arrival: the same seed gives the same values whatever the timing. */
  readonly random: Random;
}
