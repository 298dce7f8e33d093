import { linearizability } from "../checkers/linearizability/linearizability.ts";
import { stats } from "../checkers/stats.ts";
import { unhandledErrors } from "../checkers/unhandled-errors.ts";
import { eachThread } from "../harness/generator/each-thread.ts";
import { cas, casRegister, read, register as registerSpec, write } from "../harness/objects/register.ts";
import { numberOf, type Settings } from "../harness/options.ts";
import type { SequentialSpec } from "../harness/spec.ts";
import { accesses, accessOptions, type Wording } from "./accesses.ts";
import { finalRead } from "./final-read.ts";
import type { Workload, WorkloadPlan } from "./workload.ts";

/**
 * Reads, writes and, if asked for, compare-and-sets on one register that all clients share: the smallest workload in
 * which a stale read, a lost write or a split brain shows.
 */
export const register: Workload = {
  name: "register",
  summary: "reads, writes and compare-and-sets on one register; linearizable",
  object: "register",
  options: accessOptions,
  make(settings: Settings): WorkloadPlan {
    const withCas = numberOf(settings, "cas-share") > 0;
    const spec = (): SequentialSpec => (withCas ? casRegister(null) : registerSpec(null));
    const wording: Wording = { read, write: (_key, value) => write(value), cas: (_key, { from, to }) => cas(from, to) };
    return {
      functions: withCas ? ["read", "write", "cas"] : ["read", "write"],
      reads: ["read"],
      spec: spec(),
      generator: accesses("register", { settings, keys: 1, wording }),
      finalGenerator: eachThread(finalRead(read())),
      checkers: [linearizability(spec), stats, unhandledErrors],
    };
  },
};
