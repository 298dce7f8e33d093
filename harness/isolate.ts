import { pathToFileURL } from "node:url";
import { type Transferable, Worker } from "node:worker_threads";
import { entryFile } from "./entry.ts";
import { type ErrorCode, HarnessError } from "./errors.ts";
import type { History, HistoryColumns } from "./history.ts";
import { after, every } from "./time.ts";

/**
 * Runs one pure call in a worker thread that can be killed. A search may need more time or memory than there is in the
 * world; whoever asks for it must get its answer, `unknown`, in time, and keep the rest of the machine.
 *
 *     main thread ── module, export, input (cloned) ──▶ worker: value = await module[export](input, limits)
 *                 ◀── value, or the error that it threw ──
 *
 * The limits are told twice: the call may ask `limits.overrun()` (it fits `guarded` of `budget.ts`) and end by itself,
 * with all it knows so far; a call that does not is killed a little later.
 */
export interface IsolatedCall {
  /** Absolute path or file URL of the module; `entryFile` finds it in source and `dist` alike. */
  readonly module: string;
  /** Name of an exported `IsolatedFunction`. */
  readonly export: string;
  /** Anything that structured cloning takes; histories as `sharedColumns`. */
  readonly input: unknown;
  /** Parts of the input that are handed over: a port, on which the call hears more while it runs. */
  readonly transfer?: readonly Transferable[];
}

/** What the worker calls. It must return what structured cloning takes. */
export type IsolatedFunction<Input, Output> = (input: Input, limits: IsolatedLimits) => Output | Promise<Output>;

export interface IsolatedLimits {
  /** Why to stop now (`60 s`, `2048 MB`), or undefined: asked every few thousand steps. */
  overrun(): string | undefined;
}

export interface IsolateOptions {
  readonly deadlineMs: number;
  /** For the worker's heap and its typed arrays together; default 4096. */
  readonly memoryMb?: number;
  /** Aborting kills it. */
  readonly signal?: AbortSignal;
}

export type Isolated<Output> =
  | { readonly outcome: "returned"; readonly value: Output }
  /** Killed: `no answer after 60 s`, `more than 4096 MB`, `interrupted`. */
  | { readonly outcome: "unknown"; readonly reason: string };

/** What passes to the worker, and from it. */
export interface WorkerInput extends Omit<IsolatedCall, "transfer"> {
  readonly deadlineMs: number;
  readonly memoryMb: number;
}
export type WorkerOutput =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly name: string; readonly message: string; readonly stack: string; readonly code?: ErrorCode; readonly nextStep?: string };

/** Past the deadline, a call that asks `overrun` has that long to put its answer together. */
const graceMs = (deadlineMs: number): number => Math.min(5000, 250 + deadlineMs / 4);
const memoryLookMs = 200;

/** Runs it. Rejects with what the call threw (`HarnessError`s stay such), or `WORKER_FAILED` when there was no call to make. */
export function isolate<Output>(call: IsolatedCall, options: IsolateOptions): Promise<Isolated<Output>> {
  if (options.signal?.aborted === true) return Promise.resolve({ outcome: "unknown", reason: "interrupted" });
  const memoryMb = options.memoryMb ?? 4096;
  const module = call.module.startsWith("file:") ? call.module : pathToFileURL(call.module).href;
  const { export: name, transfer = [] } = call;
  const input: WorkerInput = { module, export: name, input: call.input, deadlineMs: options.deadlineMs, memoryMb };
  const worker = new Worker(entryFile(import.meta.url, "./isolate-worker"), {
    workerData: input,
    transferList: [...transfer],
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: Math.min(64, memoryMb) },
  });
  return new Promise((resolve, reject) => {
    const kill = (reason: string): void => end(() => resolve({ outcome: "unknown", reason }));
    const deadline = after(options.deadlineMs + graceMs(options.deadlineMs), () => kill(`no answer after ${options.deadlineMs / 1000} s`));
    const memory = every(memoryLookMs, () => void usedMb(worker).then((mb) => (mb > memoryMb ? kill(tooMuch(memoryMb)) : undefined)));
    const onAbort = (): void => kill("interrupted");
    options.signal?.addEventListener("abort", onAbort, { once: true });
    let ended = false;

    worker.once("message", (output: WorkerOutput) => {
      // The output is the call's own value: only its caller knows its type.
      if (output.kind === "value") end(() => resolve({ outcome: "returned", value: output.value as Output }));
      else end(() => (isOutOfMemory(output) ? resolve({ outcome: "unknown", reason: tooMuch(memoryMb) }) : reject(rebuilt(output))));
    });
    worker.once("error", (error) => {
      if (isOutOfMemory(error)) kill(tooMuch(memoryMb));
      else end(() => reject(failed(call, error)));
    });
    worker.once("exit", (exitCode) => end(() => reject(failed(call, new Error(`the worker ended with code ${exitCode} and without an answer`)))));

    /** The first end counts; nothing of the worker is left when its result is known. */
    function end(settle: () => void): void {
      if (ended) return;
      ended = true;
      deadline.cancel();
      memory.cancel();
      options.signal?.removeEventListener("abort", onAbort);
      void worker.terminate().then(settle, settle);
    }
  });
}

/**
 * A history's columns in shared memory: passed to a worker they are not copied. Revive with `new History(columns)`.
 * O(length), once for any number of workers.
 */
export function sharedColumns(history: History): HistoryColumns {
  return {
    types: new Uint8Array(shared(history.types)),
    processes: new Int32Array(shared(history.processes)),
    fs: new Int32Array(shared(history.fs)),
    values: new Int32Array(shared(history.values)),
    times: new Float64Array(shared(history.times)),
    pairs: new Int32Array(shared(history.pairs)),
    functionNames: history.functionNames,
    valueTable: history.valueTable,
    errors: history.errors,
  };
}

function shared(column: Uint8Array | Int32Array | Float64Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(column.byteLength);
  new Uint8Array(buffer).set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  return buffer;
}

/** Heap and typed arrays, MB; 0 where this Node cannot tell (the heap's own limit holds all the same). */
async function usedMb(worker: Worker): Promise<number> {
  if (typeof worker.getHeapStatistics !== "function") return 0;
  try {
    const { used_heap_size: heap, external_memory: external } = await worker.getHeapStatistics();
    return (heap + external) / 1048576;
  } catch {
    // It has just ended.
    return 0;
  }
}

function tooMuch(memoryMb: number): string {
  return `more than ${memoryMb} MB of memory`;
}

function isOutOfMemory(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  if ("code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") return true;
  return "message" in error && typeof error.message === "string" && /Array buffer allocation failed|Invalid typed array length/.test(error.message);
}

function rebuilt(output: WorkerOutput & { kind: "error" }): Error {
  const cause = Object.assign(new Error(output.message), { name: output.name, stack: output.stack });
  if (output.code === undefined) return cause;
  return new HarnessError(output.code, output.message, { nextStep: output.nextStep ?? "" });
}

function failed(call: IsolatedCall, cause: unknown): HarnessError {
  return new HarnessError("WORKER_FAILED", `${call.export} of ${call.module} could not be run in a worker`, { nextStep: "run it in this thread, without a limit of memory", cause });
}
