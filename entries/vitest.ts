// The module that is added to below: TypeScript does not look for it unless it is imported.
import type {} from "vitest";
import { checkLinearizable } from "../checkers/linearizability/linearizability.ts";
import { unlimited } from "../harness/budget.ts";
import { History, historyOf, type OpInput } from "../harness/history.ts";
import type { SequentialSpec } from "../harness/spec.ts";
import { drawText } from "../results/draw.ts";

/**
 * Matchers for vitest (and any runner with Jest's `expect.extend`) that fail with the explanation.
 *
 * ```ts
 * import { expect, test } from "vitest";
 * import { register } from "rashomon/checkers";
 * import { toBeLinearizable } from "rashomon/vitest";
 *
 * expect.extend({ toBeLinearizable });
 * test("reads are fresh", () => expect(history).toBeLinearizable(register()));
 * ```
 */
export function toBeLinearizable(received: History | Iterable<OpInput>, spec: SequentialSpec): MatcherResult {
  const history = received instanceof History ? received : historyOf(received);
  const verdict = checkLinearizable(history, spec, { budget: unlimited(), explain: true });
  return {
    pass: verdict.verdict === "valid",
    message: () => {
      if (verdict.verdict === "valid") return `expected a history that is not linearizable as a ${spec.name}, and some order explains it`;
      if (verdict.verdict === "unknown") return `cannot tell whether the history is linearizable: ${verdict.reason}`;
      return verdict.anomalies.map(({ explanation, diagrams = [] }) => [explanation, ...diagrams.map((diagram) => drawText(diagram))].join("\n\n")).join("\n\n");
    },
  };
}

// A module of vitest's is added to, the only way to tell TypeScript of a matcher; with the type parameters that vitest 5 has.
// eslint-disable-next-line no-restricted-syntax
declare module "vitest" {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** Passes when some order of the operations explains every answer as the object's. */
    toBeLinearizable(spec: SequentialSpec): R;
  }
}

export interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}
