import { HarnessError } from "../harness/errors.ts";
import { kv } from "./kv.ts";
import { lease } from "./lease.ts";
import { listAppend } from "./list-append.ts";
import { longFork } from "./long-fork.ts";
import { queue } from "./queue.ts";
import { register } from "./register.ts";
import { rwRegister } from "./rw-register.ts";
import { set } from "./set.ts";
import { watch } from "./watch.ts";
import type { Workload } from "./workload.ts";

/** Every workload, in the order of the documentation. */
export const workloads: readonly Workload[] = [register, kv, set, queue, listAppend, rwRegister, longFork, watch, lease];

/** The workload of that name; `UNKNOWN_NAME` lists those that exist. */
export function findWorkload(name: string): Workload {
  const found = workloads.find((workload) => workload.name === name);
  if (found !== undefined) return found;
  throw new HarnessError("UNKNOWN_NAME", `no workload ${JSON.stringify(name)} (there are ${workloads.map((workload) => workload.name).join(", ")})`, {
    nextStep: "see `rashomon list workloads`",
  });
}
