import { MessageChannel } from "node:worker_threads";
import { entryFile } from "../harness/entry.ts";
import { describeError, HarnessError } from "../harness/errors.ts";
import { isolate } from "../harness/isolate.ts";
import type { Op } from "../harness/op.ts";
import type { Settings } from "../harness/options.ts";
import { every } from "../harness/time.ts";
import type { Stopped } from "../results/records.ts";
import type { Workload } from "../workloads/workload.ts";
import { FirstViolation } from "./first-violation.ts";
import type { WatchInput } from "./watch-isolated.ts";

/**
 * Looks on while a run goes on, and ends it at the first violation: a broken promise on the first of a thousand
 * operations needs no thousand, and what happened since is not in the way of whoever looks for the cause.
 *
 *     runner ── observe(op) ──▶ batch ── port, every 50 ms ──▶ worker: online checkers, window by window
 *            ◀── signal aborts ◀── the anomaly, and the op at which it was certain ──
 *
 * The load generator's thread only fills the batches. What the watch lets pass, the whole check judges.
 */
export interface Watch extends Disposable {
  observe(op: Op): void;
  /** Aborts at the first violation. */
  readonly signal: AbortSignal;
  /** The first violation, if the run is to end for it. */
  readonly stopped: Stopped | undefined;
}

const batchMs = 50;
/** The run itself bounds the worker: it is killed when the run ends. */
const deadlineMs = 0x3fffffff;
const memoryMb = 2048;

/** Refuses a workload that none of its checkers can watch: `BAD_OPTION`. */
export function requireWatchable(workload: Workload, settings: Settings): void {
  const { checkers } = workload.make(settings);
  if (checkers.some((checker) => checker.online !== undefined)) return;
  throw new HarnessError("BAD_OPTION", `no checker of workload ${workload.name} (${checkers.map(({ name }) => name).join(", ")}) can judge a run while it goes on`, {
    nextStep: "leave --stop-at-first-violation out, or use a workload that is judged for linearizability",
  });
}

/** In a worker of its own; should it fail, the run goes on unwatched and `tell` says so. */
export function watchInWorker(workload: Workload, settings: Settings, tell: (line: string) => void): Watch {
  const { port1: near, port2: far } = new MessageChannel();
  const violated = new AbortController();
  const over = new AbortController();
  let stopped: Stopped | undefined;
  let batch: Op[] = [];
  const send = every(batchMs, () => {
    if (batch.length > 0) near.postMessage(batch);
    batch = [];
  }, { unref: true });
  const input: WatchInput = { workload: workload.name, settings, port: far };
  isolate<Stopped>({ module: entryFile(import.meta.url, "./watch-isolated"), export: "watchIsolated", input, transfer: [far] }, { deadlineMs, memoryMb, signal: over.signal }).then(
    (answer) => {
      if (over.signal.aborted) return;
      if (answer.outcome === "unknown") return tell(`the run is no longer watched: ${answer.reason}`);
      stopped = answer.value;
      violated.abort();
    },
    (error: unknown) => tell(`the run is no longer watched: ${describeError(error)}`),
  );
  return {
    observe: (op) => void batch.push(op),
    signal: violated.signal,
    get stopped() {
      return stopped;
    },
    [Symbol.dispose]() {
      send.cancel();
      near.close();
      over.abort();
    },
  };
}

/** In this thread, at once: for runs in virtual time, which must not depend on how fast a worker is. */
export function watchHere(workload: Workload, settings: Settings): Watch {
  const first = new FirstViolation(workload.make(settings).checkers);
  const violated = new AbortController();
  let stopped: Stopped | undefined;
  return {
    observe(op) {
      stopped ??= first.push(op);
      if (stopped !== undefined) violated.abort();
    },
    signal: violated.signal,
    get stopped() {
      return stopped;
    },
    [Symbol.dispose]() {
      // Nothing was started.
    },
  };
}

/** A run's options for who watches it, if anyone does: it ends when either signal says so. */
export function watched(watch: Watch | undefined, signal: AbortSignal): { readonly signal: AbortSignal; readonly observe?: (op: Op) => void } {
  return watch === undefined ? { signal } : { signal: AbortSignal.any([signal, watch.signal]), observe: watch.observe };
}
