import type { Checker } from "../harness/checker.ts";
import type { History } from "../harness/history.ts";
import { canonicalJson, type Json } from "../harness/json.ts";
import type { Anomaly, Verdict } from "../harness/verdict.ts";
import { anomalyOf, type Element, type Finding } from "./kept-elements.ts";

/**
 * A queue that promises to hand out what it accepted, in whatever order (`enqueue v`; `dequeue` → an element, or null
 * from an empty queue). Elements are unique by value: the workload numbers them.
 *
 *     lost                  acknowledged, and no dequeue returned it
 *     duplicated            returned more than once; an anomaly only of exactly-once delivery
 *     refused-yet-dequeued  every enqueue of it ended in `fail`
 *     unexpected            returned, and enqueued by nobody
 *     recovered             never acknowledged, yet returned
 *
 * An element may be out with a dequeue that ended in `info`: it was handed over to nobody. So many missing elements as
 * there are such dequeues prove nothing (`unknown`); any more are lost. Nor is anything lost before the queue was seen
 * empty: without a `dequeue` → null that began after the last enqueue was over, a missing element is `unknown`.
 *
 * After Jepsen's `total-queue`, which takes a drain that crashed for an error. O(operations).
 */
export interface TotalQueueOptions {
  readonly delivery?: "at-least-once" | "exactly-once";
}

export function totalQueue(options: TotalQueueOptions = {}): Checker {
  return {
    name: "total-queue",
    summary: "what a queue accepted comes out of it: lost, duplicated and unexpected elements",
    check: (history) => Promise.resolve().then(() => judge(history, options)),
  };
}

interface Entry extends Element {
  /** `Op.index` of every dequeue that returned it. */
  readonly dequeued: readonly number[];
}

function judge(history: History, options: TotalQueueOptions): Verdict {
  const entries = new Map<string, Entry>();
  const entryOf = (value: Json): Entry => entries.get(canonicalJson(value)) ?? { value, refused: false, dequeued: [] };
  let lastEnqueue = -1;
  let inTheAir = 0;
  let lastEmpty = -1;
  for (const { invocation, completion } of history.operations()) {
    if (invocation.f === "enqueue") {
      lastEnqueue = Math.max(lastEnqueue, completion?.index ?? invocation.index);
      const before = entryOf(invocation.value);
      const acknowledged = before.acknowledged ?? (completion?.type === "ok" ? completion.index : undefined);
      entries.set(canonicalJson(invocation.value), {
        ...before,
        invoked: before.invoked ?? invocation.index,
        ...(acknowledged === undefined ? {} : { acknowledged }),
        refused: completion?.type === "fail" && (before.invoked === undefined || before.refused),
      });
    } else if (invocation.f === "dequeue") {
      if (completion === undefined || completion.type === "info") inTheAir++;
      else if (completion.type === "ok" && completion.value === null) lastEmpty = Math.max(lastEmpty, invocation.index);
      else if (completion.type === "ok") {
        const before = entryOf(completion.value);
        entries.set(canonicalJson(completion.value), { ...before, dequeued: [...before.dequeued, completion.index] });
      }
    }
  }
  return verdictOf([...entries.values()], { inTheAir, drained: lastEmpty > lastEnqueue }, options);
}

function verdictOf(entries: readonly Entry[], end: { readonly inTheAir: number; readonly drained: boolean }, options: TotalQueueOptions): Verdict {
  const found = (element: Entry): Finding => ({ element, seenBy: element.dequeued.slice(0, 2) });
  const out = entries.filter(({ dequeued }) => dequeued.length > 0);
  const acknowledged = entries.filter((entry) => entry.acknowledged !== undefined);
  const missing = acknowledged.filter(({ dequeued }) => dequeued.length === 0);
  const duplicated = out.filter(({ dequeued }) => dequeued.length > 1);
  const lost = end.drained && missing.length > end.inTheAir;
  const air = end.inTheAir === 0 ? "" : ` (${end.inTheAir} of them may be out with dequeues whose answer was lost)`;
  const anomalies: (Anomaly | undefined)[] = [
    lost ? anomalyOf("lost", `acknowledged elements never came out of the queue, which was seen empty${air}`, missing.map(found), acknowledged.length) : undefined,
    anomalyOf("unexpected", "elements that came out had been enqueued by nobody", out.filter(({ invoked }) => invoked === undefined).map(found), out.length),
    anomalyOf("refused-yet-dequeued", "elements that came out had been refused with `fail`", out.filter(({ refused }) => refused).map(found), out.length),
    options.delivery === "exactly-once" ? anomalyOf("duplicated", "elements came out more than once", duplicated.map(found), out.length) : undefined,
  ];
  const details = {
    attempted: entries.filter(({ invoked }) => invoked !== undefined).length,
    acknowledged: acknowledged.length,
    dequeued: out.length,
    missing: missing.length,
    lost: lost ? missing.length - end.inTheAir : 0,
    duplicated: duplicated.length,
    recovered: out.filter((entry) => entry.invoked !== undefined && entry.acknowledged === undefined && !entry.refused).length,
    dequeuesInTheAir: end.inTheAir,
    drained: end.drained,
  };
  const [first, ...others] = anomalies.filter((anomaly) => anomaly !== undefined);
  if (first !== undefined) return { verdict: "invalid", checker: "total-queue", anomalies: [first, ...others], details };
  if (missing.length > 0) {
    const reason = end.drained
      ? `${missing.length} acknowledged elements did not come out, but ${end.inTheAir} dequeues lost their answer and may have taken them`
      : `${missing.length} acknowledged elements did not come out, but the queue was not seen empty after the last enqueue`;
    return { verdict: "unknown", checker: "total-queue", reason, details };
  }
  if (acknowledged.length === 0) return { verdict: "unknown", checker: "total-queue", reason: "no enqueue was acknowledged, so nothing was promised", details };
  return { verdict: "valid", checker: "total-queue", details };
}
