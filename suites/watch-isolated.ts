import type { MessagePort } from "node:worker_threads";
import type { Op } from "../harness/op.ts";
import type { Settings } from "../harness/options.ts";
import type { Stopped } from "../results/records.ts";
import { findWorkload } from "../workloads/registry.ts";
import { FirstViolation } from "./first-violation.ts";

/** What a watch sends to its worker: names, from which the checkers are made again there, and where the ops will come. */
export interface WatchInput {
  readonly workload: string;
  readonly settings: Settings;
  /** Batches of ops: `Op[]`, in the order of the history. */
  readonly port: MessagePort;
}

/** Judges what comes through the port until a checker is certain of a violation. */
export function watchIsolated({ workload, settings, port }: WatchInput): Promise<Stopped> {
  const first = new FirstViolation(findWorkload(workload).make(settings).checkers);
  return new Promise((resolve) => {
    port.on("message", (batch: readonly Op[]) => {
      for (const op of batch) {
        const stopped = first.push(op);
        if (stopped === undefined) continue;
        port.close();
        return resolve(stopped);
      }
    });
  });
}
