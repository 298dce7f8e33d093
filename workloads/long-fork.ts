import { elle } from "../checkers/elle/elle.ts";
import { stats } from "../checkers/stats.ts";
import { unhandledErrors } from "../checkers/unhandled-errors.ts";
import { calls } from "../harness/generator/calls.ts";
import { eachThread } from "../harness/generator/each-thread.ts";
import { registerTransactions, transaction } from "../harness/objects/transactions.ts";
import { numberOf, type OptionSpec, type Settings, textOf } from "../harness/options.ts";
import { finalRead } from "./final-read.ts";
import { consistency } from "./transactions.ts";
import type { Workload, WorkloadPlan } from "./workload.ts";

const options: readonly OptionSpec[] = [
  consistency("snapshot-isolation", "parallel snapshot isolation has long forks, snapshot isolation has not: this workload tells them apart"),
  { name: "group-size", kind: "integer", unit: "keys", default: 2, min: 2, max: 100, reason: "two keys are enough for a fork" },
  { name: "read-share", kind: "number", unit: "share of operations", default: 0.6, min: 0.01, max: 0.99, reason: "a fork shows only when two reads fall between two writes" },
];

/**
 * Keys in groups, each written once, whole groups read at once. Two writes are forked when one reader sees the first
 * without the second and another the second without the first:
 *
 *     C0: w x 1           C2: r x 1, r y null          neither order of the two writes
 *     C1: w y 1           C3: r x null, r y 1          explains both reads
 */
export const longFork: Workload = {
  name: "long-fork",
  summary: "keys written once each, groups of them read at once; all readers see the writes in one order",
  object: "rw-register",
  options,
  make(settings: Settings): WorkloadPlan {
    const size = numberOf(settings, "group-size");
    const readShare = numberOf(settings, "read-share");
    const group = (number: number): readonly number[] => Array.from({ length: size }, (_, i) => number * size + i);
    // The n-th access belongs to the group that is being written then: on average its keys last for size / (1 - readShare) accesses.
    const perGroup = Math.ceil(size / (1 - readShare));
    return {
      functions: ["txn"],
      reads: ["txn"],
      spec: registerTransactions(),
      generator: calls("long-fork", (index, _random, { random }) => {
        const keys = group(Math.floor(index / perGroup));
        const place = index % perGroup;
        // Which places of the group's accesses write, and which key: decided for the whole group at once, each key once.
        const writes = random.fork(`long-fork/group/${Math.floor(index / perGroup)}`).shuffle(Array.from({ length: perGroup }, (_, i) => i)).indexOf(place);
        return transaction(writes < size ? [["w", keys[writes]!, 1]] : keys.map((key) => ["r", key, null] as const));
      }),
      finalGenerator: eachThread(finalRead(transaction(group(0).map((key) => ["r", key, null] as const)))),
      checkers: [elle("rw-register", { models: [textOf(settings, "consistency")] }), stats, unhandledErrors],
    };
  },
};
