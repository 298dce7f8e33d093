import { hostname } from "node:os";
import { processState, startTicks } from "../../harness/process-identity.ts";

/**
 * Everything that the harness makes in an engine carries two labels: the run it belongs to, and the process that owns
 * the run. By the first `heal RUN` finds it; by the second a sweep of everything spares runs that are still going on.
 */
export const runLabel = "rashomon.run";
export const ownerLabel = "rashomon.owner";
/** Of containers in which a node's own programs run (not its pod): the node's name. */
export const nodeLabel = "rashomon.node";

export function runLabels(runId: string): { [label: string]: string } {
  return { [runLabel]: runId, [ownerLabel]: `${process.pid}/${startTicks(process.pid) ?? "unknown"}/${hostname()}` };
}

/** Is the process that an owner label names alive on this machine? A label that says nothing names a dead one. */
export function ownerAlive(owner: string | undefined): boolean {
  const [pid, ticks, host] = (owner ?? "").split("/");
  if (pid === undefined || ticks === undefined || host !== hostname()) return false;
  if (ticks !== "unknown") return startTicks(Number(pid)) === Number(ticks);
  return processState(Number(pid)) !== undefined || answersSignal(Number(pid));
}

/** Where there is no /proc: does a process of that pid exist? */
function answersSignal(pid: number): boolean {
  try {
    return Number.isSafeInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
