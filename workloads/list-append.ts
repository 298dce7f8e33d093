import { elle } from "../checkers/elle/elle.ts";
import { stats } from "../checkers/stats.ts";
import { unhandledErrors } from "../checkers/unhandled-errors.ts";
import { listTransactions } from "../harness/objects/transactions.ts";
import { type Settings, textOf } from "../harness/options.ts";
import { readFirstKeys, transactionOptions, transactions } from "./transactions.ts";
import type { Workload, WorkloadPlan } from "./workload.ts";

/**
 * Transactions that append to lists and read them whole. A list tells the order of all writes to it, so nearly every
 * dependency is known and nearly every anomaly shows: the workload to begin with.
 */
export const listAppend: Workload = {
  name: "list-append",
  summary: "transactions that append to lists and read them; no anomaly that the consistency model forbids",
  object: "list-append",
  options: transactionOptions,
  make(settings: Settings): WorkloadPlan {
    return {
      functions: ["txn"],
      reads: ["txn"],
      spec: listTransactions(),
      generator: transactions("list-append", settings, "append"),
      finalGenerator: readFirstKeys(settings),
      checkers: [elle("list-append", { models: [textOf(settings, "consistency")] }), stats, unhandledErrors],
    };
  },
};
