import { stats } from "../checkers/stats.ts";
import { totalQueue } from "../checkers/total-queue.ts";
import { unhandledErrors } from "../checkers/unhandled-errors.ts";
import type { OpGenerator } from "../harness/generator.ts";
import { calls } from "../harness/generator/calls.ts";
import { delay } from "../harness/generator/delay.ts";
import { eachThread } from "../harness/generator/each-thread.ts";
import { always } from "../harness/generator/once.ts";
import { sequence } from "../harness/generator/sequence.ts";
import { sleep } from "../harness/generator/sleep.ts";
import { timeLimit } from "../harness/generator/time-limit.ts";
import { until } from "../harness/generator/until.ts";
import { dequeue, enqueue, queue as fifo } from "../harness/objects/queue.ts";
import { numberOf, type OptionSpec, type Settings, textOf } from "../harness/options.ts";
import type { Workload, WorkloadPlan } from "./workload.ts";

const options: readonly OptionSpec[] = [
  { name: "dequeue-share", kind: "number", unit: "share of operations", default: 0.4, min: 0, max: 1, reason: "less than half: there is something in the queue when a fault comes" },
  { name: "delivery", kind: "choice", choices: ["at-least-once", "exactly-once"], default: "at-least-once", reason: "a queue that wants an acknowledgement delivers again what was not acknowledged" },
];

/** Enqueues of ever new numbers and dequeues; at the end every thread dequeues until it has seen the queue empty twice. */
export const queue: Workload = {
  name: "queue",
  summary: "enqueues of ever new numbers and dequeues, drained at the end; what was accepted comes out",
  object: "queue",
  options,
  make(settings: Settings): WorkloadPlan {
    const dequeueShare = numberOf(settings, "dequeue-share");
    return {
      functions: ["enqueue", "dequeue"],
      reads: ["dequeue"],
      spec: fifo(),
      generator: calls("queue", (index, random) => (random.chance(dequeueShare) ? dequeue() : enqueue(index))),
      finalGenerator: eachThread(drain()),
      checkers: [totalQueue({ delivery: textOf(settings, "delivery") === "exactly-once" ? "exactly-once" : "at-least-once" }), stats, unhandledErrors],
    };
  },
};

/** A queue that is not seen empty within this time, by a thread, is left: the verdict is then `unknown` for what is missing. */
const drainMsMax = 30_000;
/** What another thread held without acknowledging comes back to the queue within this time. */
const redeliveryMs = 500;
/** Between the beginnings of two dequeues of a thread: one whose node is gone must not spin. */
const everyMs = 1;

function drain(): OpGenerator {
  const untilEmpty = until((completion) => completion.type === "ok" && completion.value === null, delay(everyMs, always(dequeue())));
  return timeLimit(drainMsMax, sequence([untilEmpty, sleep(redeliveryMs), untilEmpty]));
}
