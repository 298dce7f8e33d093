import { type Budget, steps } from "../../harness/budget.ts";
import type { Checker } from "../../harness/checker.ts";
import type { History } from "../../harness/history.ts";
import type { Json } from "../../harness/json.ts";
import type { SequentialSpec } from "../../harness/spec.ts";
import type { Anomaly, Verdict } from "../../harness/verdict.ts";
import { type Decision, decide } from "./decide.ts";
import { describeEvidence, type Evidence } from "./evidence.ts";
import { explain } from "./explain.ts";
import { OnlineLinearizability } from "./online.ts";
import { type Part, partsOf } from "./parts.ts";
import { surelyUniqueRegister } from "./register-columns.ts";

/**
 * Linearizability (Herlihy and Wing, 1990): every operation seems to take effect at one moment between its call and
 * its return, as on a single copy. An operation whose outcome nobody knows (`info`, or no completion) may take effect
 * at any time after its call, or never; one that failed did not happen.
 *
 *     C0  |--- write 1 ---|                      linearizable: the write takes effect before the read's end
 *     C1       |- read → 1 -|
 *
 *     C0  |- write 1 -|                          not linearizable: the write had returned before the read was called
 *     C1                  |- read → 0 -|
 *
 * The history is split into independent parts (keys; Horn and Kroening, 2015) and each is judged alone, by `decide`.
 * Sound and complete: `valid` and `invalid` are certain, a budget that ended is `unknown`.
 */
export interface LinearizabilityOptions {
  readonly budget: Budget;
  /** Shrink and draw what is wrong (default true); without it an anomaly only names the part and how far it got. */
  readonly explain?: boolean;
  /** Proof from elsewhere about operations whose outcome is unknown. */
  readonly evidence?: readonly Evidence[];
}

/** Judges a history against an object. Throws `HarnessError` where the object refuses a recorded call. */
export function checkLinearizable(history: History, spec: SequentialSpec, options: LinearizabilityOptions): Verdict {
  if (options.evidence === undefined && surelyUniqueRegister(history, spec)) {
    return { verdict: "valid", checker: "linearizability/zones", details: { object: spec.name, operations: history.operationCount, parts: 1, configurations: 0 } };
  }
  const parts = partsOf(history, spec, options.evidence);
  const anomalies: Anomaly[] = [];
  const undecided: { part: Part; decision: Decision }[] = [];
  const methods = new Set<string>();
  let configurations = 0;
  let operations = 0;
  for (const part of parts) {
    const decision = decide(part, options.budget);
    methods.add(decision.method);
    configurations += decision.configurations;
    operations += part.count;
    if (decision.outcome === "unknown") undecided.push({ part, decision });
    if (decision.outcome === "not-linearizable") {
      anomalies.push(options.explain === false || anomalies.length >= explainedMax ? unexplained(part, decision) : explain({ history, part, known: decision, budget: options.budget }));
    }
  }
  const checker = methods.size === 0 ? "linearizability" : `linearizability/${[...methods].sort().join("+")}`;
  const details: { [key: string]: Json } = { object: spec.name, operations, parts: parts.length, configurations };
  const evidence = options.evidence ?? [];
  if (evidence.length > 0) details["evidence"] = evidence.map(describeEvidence);
  const [first, ...others] = anomalies;
  if (first !== undefined) return { verdict: "invalid", checker, anomalies: [first, ...others], details };
  if (undecided.length > 0) return { verdict: "unknown", checker, reason: gaveUp(undecided, options.budget), details };
  return { verdict: "valid", checker, details };
}

/** Parts that are explained in full; further ones that are wrong are named. */
const explainedMax = 10;

/** What one window of the online check may cost: some tens of milliseconds. */
const windowSteps = 50_000;

/** The same as a checker for runs; `spec` is made afresh for each history. */
export function linearizability(spec: () => SequentialSpec): Checker {
  return {
    name: "linearizability",
    summary: "every operation seems to take effect at one moment between its call and its return, as on a single copy",
    check: (history, { budget }) => Promise.resolve().then(() => checkLinearizable(history, spec(), { budget })),
    online: () => new OnlineLinearizability(spec(), { windowOps: 64, budget: () => steps(windowSteps) }),
  };
}

function unexplained(part: Part, decision: Decision): Anomaly {
  const event = part.events[Math.min(decision.reached, part.eventCount - 1)]!;
  const where = part.key === undefined ? "" : ` on key ${part.key}`;
  return {
    name: "nonlinearizable",
    operations: [part.invocations[event >> 1]!],
    explanation: `no order of the operations${where} explains their answers; op ${part.invocations[event >> 1]!} is the first that could not be placed`,
    details: { key: part.key ?? null, configurations: decision.configurations },
  };
}

function gaveUp(undecided: readonly { part: Part; decision: Decision }[], budget: Budget): string {
  const { part, decision } = undecided[0]!;
  const where = part.key === undefined ? "" : ` of key ${part.key}`;
  const others = undecided.length === 1 ? "" : ` (and ${undecided.length - 1} more parts)`;
  return (
    `the budget of ${budget.ended ?? "this check"} ended after ${decision.configurations} configurations of the ${decision.method}` +
    `${where}${others}, ${decision.orders === 1 ? "tried in one order" : `tried in ${decision.orders} orders`}: ${decision.reached} of ${part.eventCount} events could be explained; a larger budget, fewer concurrent clients or ` +
    `unique values would help`
  );
}
