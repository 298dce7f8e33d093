import { type Draw, earlier, type OpGenerator } from "../generator.ts";
import { seed } from "../ids.ts";
import type { Completion, Invocation, Op, Outcome } from "../op.ts";
import { Random } from "../random.ts";
import { ThreadTable } from "./threads.ts";

/**
 * Runs a generator in simulated time, for tests: the same loop as the runner's, with a function in place of clients and
 * of the clock. After jepsen.generator.test.
 */
export interface Simulation {
  readonly concurrency: number;
  /** Whether there is a nemesis thread; default true. */
  readonly nemesis?: boolean;
  /** Answers an invocation; default `perfect()`. */
  readonly complete?: Completer;
  /** Stop after that many ops in the history; default 10,000. */
  readonly opsMax?: number;
  readonly random?: Random;
}
/** `invocation` (the nemesis': type info) and how many were answered before → its outcome, and how long it takes. */
export type Completer = (invocation: Op, answered: number) => { readonly outcome: Outcome; readonly latencyNs: number };

/** Everything succeeds in `latencyNs`. */
export function perfect(latencyNs: number = 10): Completer {
  return (invocation) => ({ outcome: { type: "ok", value: invocation.value }, latencyNs });
}

/** Everything crashes in `latencyNs`. */
export function perfectInfo(latencyNs: number = 10): Completer {
  return (invocation) => ({ outcome: { type: "info", value: invocation.value }, latencyNs });
}

/** `fail`, `info`, `ok`, `fail`, … each in `latencyNs`. */
export function imperfect(latencyNs: number = 10): Completer {
  const types = ["fail", "info", "ok"] as const;
  return (invocation, answered) => ({ outcome: { type: types[answered % 3]!, value: invocation.value }, latencyNs });
}

/** The history that `generator` gives rise to. Throws when it waits for ever. */
export function simulate(generator: OpGenerator, options: Simulation): Op[] {
  const random = options.random ?? new Random(seed("simulate"));
  const table = new ThreadTable({ concurrency: options.concurrency, nemesis: options.nemesis ?? true, random });
  const complete = options.complete ?? perfect();
  const opsMax = options.opsMax ?? 10_000;
  const history: Op[] = [];
  const open: { atNs: number; order: number; completion: Omit<Completion, "index"> }[] = [];
  let current = generator;
  let timeNs = 0;
  let answered = 0;

  while (history.length < opsMax) {
    const draw = current.draw(table.context(timeNs, random));
    const completionNs = open[0]?.atNs;
    if (draw.kind === "op" && (completionNs === undefined || draw.op.timeNs <= completionNs)) invoke(draw);
    else if (completionNs === undefined && draw.kind === "exhausted") return history;
    else wait(draw, completionNs);
  }
  return history;

  function invoke(draw: Draw & { kind: "op" }): void {
    timeNs = Math.max(timeNs, draw.op.timeNs);
    const { f, value, thread } = draw.op;
    const process = table.processOf(thread);
    const invocation: Op =
      thread === "nemesis" ? { index: history.length, type: "info", process, f, value, timeNs } : { index: history.length, type: "invoke", process, f, value, timeNs };
    history.push(invocation);
    table.take(thread);
    const { outcome, latencyNs } = complete(invocation, answered++);
    const type = thread === "nemesis" ? "info" : outcome.type;
    const error = outcome.error === undefined ? {} : { error: outcome.error };
    open.push({ atNs: timeNs + latencyNs, order: answered, completion: { type, process, f, value: outcome.value, timeNs: timeNs + latencyNs, ...error } });
    open.sort((a, b) => a.atNs - b.atNs || a.order - b.order);
    current = draw.next.update(table.context(timeNs, random), invocation);
  }

  /** To the next completion, or to the time at which the generator wants to be asked. */
  function wait(draw: Draw, completionNs: number | undefined): void {
    if (draw.kind === "pending") {
      current = draw.next;
      const next = earlier(draw.untilNs, completionNs);
      if (next === undefined) throw new Error(`the generator waits for ever at ${timeNs} ns, with no op open`);
      if (draw.untilNs === next && next !== completionNs) {
        timeNs = Math.max(timeNs, next);
        return;
      }
    }
    const first = open.shift()!;
    timeNs = Math.max(timeNs, first.atNs);
    const completion: Completion = { ...first.completion, index: history.length };
    history.push(completion);
    const thread = table.threadOf(completion.process);
    table.release(thread);
    current = current.update(table.context(timeNs, random), completion);
    if (completion.type === "info" && thread !== "nemesis") table.renumber(thread);
  }
}

/** The invocations of a history, the nemesis' beginnings included: for exact schedules in tests. */
export function invocations(history: readonly Op[]): Op[] {
  const open = new Set<number>();
  return history.filter((op) => {
    if (op.type === "invoke") return true;
    if (op.process >= 0) return false;
    if (open.delete(op.process)) return false;
    open.add(op.process);
    return true;
  });
}

export type { Invocation };
