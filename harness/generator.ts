import type { ProcessId } from "./ids.ts";
import type { Call, Op } from "./op.ts";
import type { Random } from "./random.ts";

/**
 * Where operations come from: pure values that can be asked, in real or simulated time, what to do next.
 * After Jepsen's generators (jepsen-io/generator): asked for an op, a generator gives one, or says "later", or "never again";
 * told of an event, it gives its successor. Nothing blocks and nothing mutates, so schedules are tested without a clock.
 *
 *     runner ── draw(context) ──▶ generator ── op, pending or exhausted, and the generator that follows ──▶ runner
 *            ── update(context, event) ──▶                                      the generator that follows ──▶
 *
 * A drawn op may lie in the future. When an event comes first, the runner forgets that draw and asks the generator
 * it had before; so a draw must not count as taken until its `next` is used, and the same draw must give the same op.
 */
export interface OpGenerator {
  draw(context: GeneratorContext): Draw;
  /** Told of every invocation and completion of the threads it may use; `this` when nothing changes. */
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

/**
 * What a generator sees: the time, and the threads that it may use. It is a view of the runner's live state and
 * holds only during the call that it is passed to.
 */
export interface GeneratorContext {
  readonly timeNs: number;
  /** Threads this generator may use and that are free now, ascending, nemesis last. O(threads): hot paths use `pick`. */
  readonly free: readonly Thread[];
  /** All threads this generator may use, ascending, nemesis last. O(threads). */
  readonly threads: readonly Thread[];
  /** How many there are. */
  readonly size: number;
  /** True when every thread this generator may use is free. */
  readonly idle: boolean;
  /**
   * A free thread, spread evenly over the free ones, or undefined when there is none. A client's if this generator may
   * use any client; so only what is wrapped in `nemesis(…)` ever runs on the nemesis.
   */
  pick(): Thread | undefined;
  isFree(thread: Thread): boolean;
  /** Whether this generator may use `thread`. */
  has(thread: Thread): boolean;
  processOf(thread: Thread): ProcessId;
  threadOf(process: ProcessId): Thread;
  /** The same context, restricted to the threads in `threads`. */
  only(threads: ThreadSet): GeneratorContext;
  /** The same context with another source of values, for copies that must not repeat one another. */
  under(random: Random): GeneratorContext;
  /** To be forked by label and index, never drawn from: the same seed gives the same values whatever the timing. */
  readonly random: Random;
}

/** An immutable set of threads. */
export interface ThreadSet {
  /** One bit per thread. */
  readonly clients: Int32Array;
  readonly nemesis: boolean;
  /** How many threads are in it, the nemesis included. */
  readonly size: number;
}

/** Gives nothing, ever. */
export const noop: OpGenerator = {
  draw: () => exhausted,
  update: () => noop,
};

/** The draw of a generator that is done. */
export const exhausted: Draw = { kind: "exhausted" };

/** `call` on a free thread, now; pending when none is free. What every source of ops ends in. */
export function plan(context: GeneratorContext, call: Call, generators: { readonly now: OpGenerator; readonly next: OpGenerator }): Draw {
  const thread = context.pick();
  if (thread === undefined) return { kind: "pending", next: generators.now };
  return { kind: "op", op: { f: call.f, value: call.value, thread, timeNs: context.timeNs }, next: generators.next };
}

/** The same draw, its successor wrapped. */
export function wrapDraw(draw: Draw, wrap: (next: OpGenerator) => OpGenerator): Draw {
  switch (draw.kind) {
    case "op":
      return { kind: "op", op: draw.op, next: wrap(draw.next) };
    case "pending":
      return draw.untilNs === undefined ? { kind: "pending", next: wrap(draw.next) } : { kind: "pending", next: wrap(draw.next), untilNs: draw.untilNs };
    case "exhausted":
      return draw;
  }
}

/** The earlier of two wake-up times, either of which may be missing. */
export function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined || a < b ? a : b;
}

/** A pending draw with an optional wake-up time. */
export function pending(next: OpGenerator, untilNs?: number): Draw {
  return untilNs === undefined ? { kind: "pending", next } : { kind: "pending", next, untilNs };
}
