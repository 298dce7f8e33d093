import type { Budget } from "../../harness/budget.ts";
import type { Checker } from "../../harness/checker.ts";
import type { History } from "../../harness/history.ts";
import { type Demands, type ElleResult, judge } from "./check.ts";
import { analyseListAppend } from "./list-append.ts";
import { elleVerdict } from "./report.ts";
import { analyseRwRegister, type RegisterOptions } from "./rw-register.ts";
import { transactionsOf } from "./transactions.ts";

/**
 * Transactional anomalies from what clients saw (Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from
 * Experimental Observations", VLDB 2020): infer the order of versions from the workload, from that Adya's dependency
 * graph, and look in it for the cycles that each consistency model forbids. Sound: what is reported did happen.
 *
 *     history ── transactions ── list-append ┬─ anomalies of single reads ─┐
 *                                rw-register ┘  dependency graph ── cycles ─┴─ lattice ── valid? types, not, also-not
 *
 * Names, definitions and answers agree with Elle 0.2.8 (`conformance.test.ts`); the search counts work instead of
 * seconds, so the same history gets the same answer on any machine.
 */
export type Workload = "list-append" | "rw-register";
export const workloads: readonly Workload[] = ["list-append", "rw-register"];

export interface ElleOptions extends Demands, RegisterOptions {
  readonly budget?: Budget;
  /** See `transactionsOf`. */
  readonly instantsUnordered?: boolean;
}

/** Judges a history of transactions. Errors: `HISTORY_MALFORMED` naming the op; `BAD_OPTION` for unknown names. */
export function checkElle(history: History, workload: Workload, options: ElleOptions = {}): ElleResult {
  const append = workload === "list-append";
  const transactions = transactionsOf(history, { write: append ? "append" : "w" }, { instantsUnordered: options.instantsUnordered ?? false });
  const analysis = append ? analyseListAppend(transactions) : analyseRwRegister(transactions, options);
  return judge(analysis, options, options.budget);
}

/** The checker for a workload and the models that should hold. */
export function elle(workload: Workload, options: Omit<ElleOptions, "budget"> = {}): Checker {
  const name = `elle/${workload}`;
  return {
    name,
    summary: `transactions show no anomaly that ${(options.models ?? ["strict-serializable"]).join(", ")} forbids (${workload})`,
    check: (history, { budget }) => Promise.resolve(elleVerdict(name, checkElle(history, workload, { ...options, budget }))),
  };
}
