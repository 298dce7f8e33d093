import { setFull } from "../checkers/set-full.ts";
import { stats } from "../checkers/stats.ts";
import { unhandledErrors } from "../checkers/unhandled-errors.ts";
import { calls } from "../harness/generator/calls.ts";
import { eachThread } from "../harness/generator/each-thread.ts";
import { add, growOnlySet, readAll } from "../harness/objects/set.ts";
import { numberOf, type OptionSpec, type Settings, textOf } from "../harness/options.ts";
import { finalRead } from "./final-read.ts";
import type { Workload, WorkloadPlan } from "./workload.ts";

const options: readonly OptionSpec[] = [
  { name: "read-share", kind: "number", unit: "share of operations", default: 0.02, min: 0, max: 1, reason: "a read brings the whole set; what was lost shows at the end, reads on the way tell how late it was" },
  { name: "freshness", kind: "choice", choices: ["eventual", "linearizable"], default: "eventual", reason: "most replicated sets promise that nothing is lost, not that every read is fresh" },
];

/** Adds of ever new numbers, and reads of the whole set; at the end, every node is read. Loss shows, whatever the order. */
export const set: Workload = {
  name: "set",
  summary: "adds of ever new numbers to one set, read at every node at the end; nothing acknowledged is lost",
  object: "grow-only-set",
  options,
  make(settings: Settings): WorkloadPlan {
    const readShare = numberOf(settings, "read-share");
    return {
      functions: ["add", "read"],
      reads: ["read"],
      spec: growOnlySet(),
      generator: calls("set", (index, random) => (random.chance(readShare) ? readAll() : add(index))),
      finalGenerator: eachThread(finalRead(readAll())),
      checkers: [setFull({ fresh: textOf(settings, "freshness") === "linearizable" }), stats, unhandledErrors],
    };
  },
};
