import { linearizability } from "../checkers/linearizability/linearizability.ts";
import { stats } from "../checkers/stats.ts";
import { unhandledErrors } from "../checkers/unhandled-errors.ts";
import { calls } from "../harness/generator/calls.ts";
import { eachThread } from "../harness/generator/each-thread.ts";
import { acquireLease, lease as leaseSpec, leaseHeld } from "../harness/objects/lease.ts";
import { numberOf, type Settings } from "../harness/options.ts";
import { finalRead } from "./final-read.ts";
import type { Workload, WorkloadPlan } from "./workload.ts";

/** Every server is asked to take the lease, and whether it has it: two that believe so at one time have broken it. */
export const lease: Workload = {
  name: "lease",
  summary: "servers take a lock that ends by itself; nobody believes to have it after another got it",
  object: "lease",
  options: [{ name: "acquire-share", kind: "number", unit: "share of operations", default: 0.3, min: 0, max: 1, reason: "asking whether it is held shows who is wrong, and changes nothing" }],
  make(settings: Settings): WorkloadPlan {
    const share = numberOf(settings, "acquire-share");
    return {
      functions: ["acquire", "held"],
      reads: ["held"],
      spec: leaseSpec(),
      generator: calls("lease", (_index, random) => (random.chance(share) ? acquireLease() : leaseHeld())),
      finalGenerator: eachThread(finalRead(leaseHeld())),
      checkers: [linearizability(leaseSpec), stats, unhandledErrors],
    };
  },
};
