import { readFileSync } from "node:fs";

/**
 * Which process a pid means. Pids are reused, so a pid that was written down (in a ledger, hours ago) may name a
 * stranger now. The kernel's start time makes the pair unique: the 22nd field of `/proc/PID/stat`, clock ticks since boot.
 *
 *     4711 (odd name) (x)) S 1 4711 … 22nd → 183625      pid 4711 that started at tick 183625, and no other
 *
 * A pid can die and be reused between the check and the signal. The window is a few microseconds, and a pid comes
 * round again only after the kernel has handed out all the others; signals through a pidfd, which would close it,
 * are out of Node's reach.
 */

/** Clock ticks since boot at which `pid` started; undefined when there is no such process, it is dead but not yet reaped, or there is no /proc. */
export function startTicks(pid: number): number | undefined {
  const fields = statFields(pid);
  if (fields === undefined || fields[0] === "Z" || fields[0] === "X") return undefined;
  const ticks = Number(fields[19]);
  return Number.isSafeInteger(ticks) ? ticks : undefined;
}

/** The kernel's one-letter state of `pid`: `R`, `S`, `D`, `T` (stopped), `Z` (dead, not reaped) …; undefined when it does not exist. */
export function processState(pid: number): string | undefined {
  return statFields(pid)?.[0];
}

/** Is `pid` alive and still the process that started at `ticks`? */
export function isSame(pid: number, ticks: number): boolean {
  return startTicks(pid) === ticks;
}

/**
 * Sends `signal` to `pid` if it still is the process that started at `ticks`.
 * `sent`: it was. `gone`: that process has ended (whoever has its pid now was left alone), which is success for an undo.
 * Throws only when the kernel refuses the signal (EPERM).
 */
export function signalIfSame(pid: number, ticks: number, signal: NodeJS.Signals): "sent" | "gone" {
  if (!isSame(pid, ticks)) return "gone";
  try {
    process.kill(pid, signal);
    return "sent";
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return "gone";
    throw error;
  }
}

/** The fields of `/proc/PID/stat` from the third (state) on. The second, the name, may hold spaces and brackets: cut at the last bracket. */
function statFields(pid: number): string[] | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
