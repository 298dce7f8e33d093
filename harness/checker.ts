import type { Budget } from "./budget.ts";
import type { History } from "./history.ts";
import type { Op } from "./op.ts";
import type { Anomaly, Verdict } from "./verdict.ts";

/** From a history to a verdict. Pure: no I/O, no clock, no chance; the budget is the only bound. */
export interface Checker {
  readonly name: string;
  readonly summary: string;
  check(history: History, options: { readonly budget: Budget; readonly signal?: AbortSignal }): Promise<Verdict>;
  /** The same while a run goes on; absent where the checker needs the whole history. */
  online?(): OnlineChecker;
}

/** Judges a history op by op, so that a run can end at the first anomaly. What it lets pass is for `check` to judge. */
export interface OnlineChecker {
  /** The next op, in the order of the history; an anomaly as soon as one is certain. */
  push(op: Op): Anomaly | undefined;
}
