import type { Budget } from "../../harness/budget.ts";
import type { History } from "../../harness/history.ts";
import type { Anomaly } from "../../harness/verdict.ts";
import type { Decision } from "./decide.ts";
import type { Part } from "./parts.ts";

export function explain(question: { history: History; part: Part; decision: Decision; budget: Budget }): Anomaly {
  const { part, decision } = question;
  const event = part.events[Math.min(decision.reached, part.eventCount - 1)]!;
  return {
    name: "nonlinearizable",
    operations: [part.invocations[event >> 1]!],
    explanation: `op ${part.invocations[event >> 1]!} is the first that could not be placed`,
  };
}
