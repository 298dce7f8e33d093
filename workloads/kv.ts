import { linearizability } from "../checkers/linearizability/linearizability.ts";
import { stats } from "../checkers/stats.ts";
import { unhandledErrors } from "../checkers/unhandled-errors.ts";
import { callsOf } from "../harness/generator/calls.ts";
import { eachThread } from "../harness/generator/each-thread.ts";
import { sequence } from "../harness/generator/sequence.ts";
import { casKey, get, kv as kvSpec, put } from "../harness/objects/kv.ts";
import { numberOf, type OptionSpec, type Settings } from "../harness/options.ts";
import { accesses, accessOptions, type Wording } from "./accesses.ts";
import { finalRead } from "./final-read.ts";
import type { Workload, WorkloadPlan } from "./workload.ts";

/** So many keys are read at every node at the end; more are read once, by anyone. */
const everywhereMax = 20;

const options: readonly OptionSpec[] = [
  { name: "keys", kind: "integer", unit: "keys", default: 5, min: 1, max: 100_000, reason: "keys are judged alone: some contention on each, and histories that stay short" },
  ...accessOptions,
];

/** Gets, puts and, if asked for, compare-and-sets over some keys; each key is judged alone. */
export const kv: Workload = {
  name: "kv",
  summary: "gets, puts and compare-and-sets over several keys; each key linearizable",
  object: "kv",
  options,
  make(settings: Settings): WorkloadPlan {
    const keys = numberOf(settings, "keys");
    const withCas = numberOf(settings, "cas-share") > 0;
    const wording: Wording = {
      read: (key) => get(nameOf(key)),
      write: (key, value) => put(nameOf(key), value),
      cas: (key, { from, to }) => casKey(nameOf(key), from, to),
    };
    const everyKey = Array.from({ length: keys }, (_, key) => finalRead(get(nameOf(key))));
    return {
      functions: withCas ? ["get", "put", "cas"] : ["get", "put"],
      reads: ["get"],
      spec: kvSpec(),
      generator: accesses("kv", { settings, keys, wording }),
      finalGenerator: keys <= everywhereMax ? eachThread(sequence(everyKey)) : callsOf(Array.from({ length: keys }, (_, key) => get(nameOf(key)))),
      checkers: [linearizability(() => kvSpec()), stats, unhandledErrors],
    };
  },
};

/** `k0`, `k1`, … */
function nameOf(key: number): string {
  return `k${key}`;
}
