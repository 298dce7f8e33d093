import { elle } from "../checkers/elle/elle.ts";
import { stats } from "../checkers/stats.ts";
import { unhandledErrors } from "../checkers/unhandled-errors.ts";
import { registerTransactions } from "../harness/objects/transactions.ts";
import { booleanOf, type OptionSpec, type Settings, textOf } from "../harness/options.ts";
import { readFirstKeys, transactionOptions, transactions } from "./transactions.ts";
import type { Workload, WorkloadPlan } from "./workload.ts";

/** What may be assumed about the order of versions, beyond that nothing comes before the first. */
export const versionOptions: readonly OptionSpec[] = [
  { name: "wfr-keys", kind: "boolean", default: true, reason: "a transaction that reads a key and then writes it overwrote what it read: true of all but the weakest databases" },
  { name: "sequential-keys", kind: "boolean", default: false, reason: "true only where each process sees each key grow" },
  { name: "linearizable-keys", kind: "boolean", default: false, reason: "true only where each key alone is linearizable" },
];

/** Transactions that write registers blindly and read them. Less is known than with lists, but every database has registers. */
export const rwRegister: Workload = {
  name: "rw-register",
  summary: "transactions that write and read registers; no anomaly that the consistency model forbids",
  object: "rw-register",
  options: [...transactionOptions, ...versionOptions],
  make(settings: Settings): WorkloadPlan {
    const models = [textOf(settings, "consistency")];
    const order = { wfrKeys: booleanOf(settings, "wfr-keys"), sequentialKeys: booleanOf(settings, "sequential-keys"), linearizableKeys: booleanOf(settings, "linearizable-keys") };
    return {
      functions: ["txn"],
      reads: ["txn"],
      spec: registerTransactions(),
      generator: transactions("rw-register", settings, "w"),
      finalGenerator: readFirstKeys(settings),
      checkers: [elle("rw-register", { models, ...order }), stats, unhandledErrors],
    };
  },
};
