import { getHeapStatistics } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "./assert.ts";
import { HarnessError } from "./errors.ts";
import type { IsolatedFunction, IsolatedLimits, WorkerInput, WorkerOutput } from "./isolate.ts";
import { monotonicMs } from "./time.ts";

/** The worker of `isolate`: makes the one call that it was started for, and answers once. */
assert(parentPort !== null, "isolate-worker runs as a worker thread");
parentPort.postMessage(await answer(workerData as WorkerInput));

async function answer(input: WorkerInput): Promise<WorkerOutput> {
  try {
    const module = (await import(input.module)) as { readonly [name: string]: unknown };
    const call = module[input.export];
    assert(typeof call === "function", `${input.module} exports the function ${input.export}`);
    return { kind: "value", value: await (call as IsolatedFunction<unknown, unknown>)(input.input, limitsOf(input)) };
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    const known = error instanceof HarnessError ? { code: error.code, nextStep: error.nextStep } : {};
    return { kind: "error", name, message, stack: stack ?? "", ...known };
  }
}

function limitsOf({ deadlineMs, memoryMb }: WorkerInput): IsolatedLimits {
  const endMs = monotonicMs() + deadlineMs;
  return {
    overrun() {
      if (monotonicMs() > endMs) return `${deadlineMs / 1000} s`;
      const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
      // A little before the worker would be killed.
      return (heap + external) / 1048576 > memoryMb * 0.95 ? `${memoryMb} MB` : undefined;
    },
  };
}
