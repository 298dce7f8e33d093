import type { Budget } from "./budget.ts";
import type { History } from "./history.ts";
import type { Verdict } from "./verdict.ts";

/** From a history to a verdict. Pure: no I/O, no clock, no chance; the budget is the only bound. */
export interface Checker {
  readonly name: string;
  readonly summary: string;
  check(history: History, options: { readonly budget: Budget; readonly signal?: AbortSignal }): Promise<Verdict>;
}
