import { guarded } from "../harness/budget.ts";
import { describeError } from "../harness/errors.ts";
import { History, type HistoryColumns } from "../harness/history.ts";
import type { IsolatedLimits } from "../harness/isolate.ts";
import type { Settings } from "../harness/options.ts";
import type { Verdict } from "../harness/verdict.ts";
import { findWorkload } from "../workloads/registry.ts";

/** What the analysis sends to its worker: names and columns, from which the checkers are made again there. */
export interface CheckInput {
  readonly workload: string;
  readonly settings: Settings;
  readonly columns: HistoryColumns;
}

/** Every checker of the workload, one after the other; one that crashes is unknown, and so is what the limits cut. */
export async function checkIsolated(input: CheckInput, limits: IsolatedLimits): Promise<{ readonly [name: string]: Verdict }> {
  const history = new History(input.columns);
  const verdicts: { [name: string]: Verdict } = {};
  for (const checker of findWorkload(input.workload).make(input.settings).checkers) {
    try {
      verdicts[checker.name] = await checker.check(history, { budget: guarded(Number.POSITIVE_INFINITY, () => limits.overrun()) });
    } catch (error) {
      verdicts[checker.name] = { verdict: "unknown", checker: checker.name, reason: `the checker failed: ${describeError(error)}` };
    }
  }
  return verdicts;
}
