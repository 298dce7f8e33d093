import type { Budget } from "../../harness/budget.ts";
import type { Checker } from "../../harness/checker.ts";
import type { History } from "../../harness/history.ts";
import type { Verdict } from "../../harness/verdict.ts";
import { analyseClosedPredicate } from "./closed-predicate.ts";
import { type Demands, type ElleResult, judge } from "./check.ts";
import { exactLevels, withLevels } from "./levels.ts";
import { analyseListAppend } from "./list-append.ts";
import { checkReadModifyWrite, readsBeforeWrites } from "./read-modify-write.ts";
import { elleVerdict } from "./report.ts";
import { analyseRwRegister } from "./rw-register.ts";
import type { RegisterOptions } from "./rw-register/version-order.ts";
import { type Transactions, transactionsOf, type Vocabulary } from "./transactions.ts";

/**
 * Transactional anomalies from what clients saw (Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from
 * Experimental Observations", VLDB 2020): infer the order of versions from the workload, from that Adya's dependency
 * graph, and look in it for the cycles that each consistency model forbids. Sound: what is reported did happen.
 *
 *     history ── transactions ── list-append      ┬─ anomalies of single reads ─┐
 *                                rw-register      │                             ├─ lattice ── valid? types, not, also-not
 *                                closed-predicate ┴─ dependency graph ── cycles ┘
 *
 * Names, definitions and answers agree with Elle 0.2.8 (`conformance.test.ts`); the search counts work instead of
 * seconds, so the same history gets the same answer on any machine.
 */
export type Workload = "list-append" | "rw-register" | "closed-predicate";
export const workloads: readonly Workload[] = ["list-append", "rw-register", "closed-predicate"];

/** What each workload calls its operations. */
export const vocabularies: { readonly [workload in Workload]: Vocabulary } = {
  "list-append": { write: "append" },
  "rw-register": { write: "w" },
  "closed-predicate": { write: "w", predicates: true },
};

export interface ElleOptions extends Demands, RegisterOptions {
  readonly budget?: Budget;
  /** Of `rw-register`: see `checkReadModifyWrite`; the other sources of version order are then not asked. */
  readonly readModifyWrite?: boolean;
  /** See `transactionsOf`. */
  readonly instantsUnordered?: boolean;
}

/** Judges a history of transactions. Errors: `HISTORY_MALFORMED` naming the op; `BAD_OPTION` for unknown names. */
export function checkElle(history: History, workload: Workload, options: ElleOptions = {}): ElleResult {
  const transactions = transactionsOf(history, vocabularies[workload], { instantsUnordered: options.instantsUnordered ?? false });
  return judgeTransactions(transactions, workload, options);
}

/** As `checkElle`, from transactions that the caller put together, which need not make a well-formed history. */
export function judgeTransactions(transactions: Transactions, workload: Workload, options: ElleOptions = {}): ElleResult {
  if (workload === "rw-register" && options.readModifyWrite === true) return checkReadModifyWrite(transactions, options, options.budget);
  const analysis = workload === "list-append" ? analyseListAppend(transactions) : workload === "rw-register" ? analyseRwRegister(transactions, options) : analyseClosedPredicate(transactions);
  return judge(analysis, options, options.budget);
}

/** `checkElle`'s answer as a verdict; of registers also what the exact judges of the weak levels among the models say. */
export function judgeElle(history: History, workload: Workload, options: ElleOptions = {}): Verdict {
  const result = checkElle(history, workload, options);
  const verdict = told(workload, result, options);
  return workload === "rw-register" ? withLevels(history, verdict, exactLevels(options.models ?? [])) : verdict;
}

/** The verdict; of a valid one on registers also whether it could be had complete (docs/decisions/019b). */
function told(workload: Workload, result: ElleResult, options: ElleOptions): Verdict {
  const verdict = elleVerdict(`elle/${workload}`, result);
  const couldBeComplete = workload === "rw-register" && options.readModifyWrite !== true && verdict.verdict === "valid" && readsBeforeWrites(result.transactions);
  return couldBeComplete ? { ...verdict, details: { ...verdict.details, "reads-before-writes": true } } : verdict;
}

/** The checker for a workload and the models that should hold. */
export function elle(workload: Workload, options: Omit<ElleOptions, "budget"> = {}): Checker {
  const name = `elle/${workload}`;
  return {
    name,
    summary: `transactions show no anomaly that ${(options.models ?? ["strict-serializable"]).join(", ")} forbids (${workload})`,
    check: (history, { budget }) => Promise.resolve(judgeElle(history, workload, { ...options, budget })),
  };
}
