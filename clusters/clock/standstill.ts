import { readdirSync, readFileSync } from "node:fs";
import { HarnessError } from "../../harness/errors.ts";
import { processState, signalIfSame } from "../../harness/process-identity.ts";
import { monotonicMs, sleep } from "../../harness/time.ts";

/** A process that is still the one that was meant. */
export interface ProcessId {
  readonly pid: number;
  readonly startTicks: number;
}

/** Addresses from the first up to, not including, the second. */
export type Range = readonly [from: number, to: number];

/** How often a process is stopped in vain, and how long one stop may take. */
const attemptsMax = 100;
const stopMsMax = 1_000;

/**
 * Does `work` while every thread of the process stands still outside of some addresses: those of code that is about to
 * change. The process is stopped (SIGSTOP) for some milliseconds, again and again if need be; one that was stopped
 * before stays so. `work` is synchronous: the process waits for it. `FAULT_FAILED` when no attempt succeeds.
 *
 * A signal's handler that has interrupted a thread *inside* these addresses is not seen: the fewer they are, the better.
 */
export async function whileStill(process: ProcessId, ranges: readonly Range[], work: () => void): Promise<void> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    if (stillOnce(process, ranges, work)) return;
    await sleep(1);
  }
  throw new HarnessError("FAULT_FAILED", `process ${process.pid} was stopped ${attemptsMax} times, each time in the code that is to change`, { nextStep: "try again; a process that does nothing but read its clock cannot be skewed" });
}

function stillOnce(process: ProcessId, ranges: readonly Range[], work: () => void): boolean {
  const { pid, startTicks } = process;
  const wasStopped = processState(pid) === "T";
  if (!wasStopped && signalIfSame(pid, startTicks, "SIGSTOP") === "gone") return true;
  try {
    const counters = programCounters(pid);
    if (counters.some((counter) => ranges.some(([from, to]) => counter >= from && counter < to))) return false;
    work();
    return true;
  } finally {
    if (!wasStopped) signalIfSame(pid, startTicks, "SIGCONT");
  }
}

/** Where each thread stands, once all do. A thread in an uninterruptible wait counts: it stops before it is back. */
function programCounters(pid: number): number[] {
  const end = monotonicMs() + stopMsMax;
  for (;;) {
    const seen = readdirSync(`/proc/${pid}/task`).map((thread) => standing(`/proc/${pid}/task/${thread}`));
    if (!seen.includes("running")) return seen.filter((counter) => typeof counter === "number");
    if (monotonicMs() > end) throw new HarnessError("FAULT_FAILED", `process ${pid} did not stop within ${stopMsMax} ms`, { nextStep: "look at its threads' states in /proc; the machine may be overloaded" });
  }
}

/** A thread's program counter; `running`, or `none` when it has ended. */
function standing(folder: string): number | "running" | "none" {
  const stat = contentOf(`${folder}/stat`);
  const state = stat?.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) ?? "X";
  if (state === "Z" || state === "X") return "none";
  if (!["T", "t", "D"].includes(state)) return "running";
  // `running`, or numbers of which the last is the program counter: "-1 0x7ffc… 0x7f1d…".
  const counter = contentOf(`${folder}/syscall`)?.trimEnd().split(" ").at(-1);
  return counter === undefined ? "none" : counter === "running" ? "running" : Number(counter);
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return undefined;
    throw error;
  }
}
