import type { PowerControl, ProcessControl } from "../../harness/cluster.ts";
import { type Disturbance, together } from "../../harness/disturbance.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { NodeId } from "../../harness/ids.ts";
import { monotonicMs, sleep } from "../../harness/time.ts";
import type { RunResult } from "./container.ts";

/**
 * A loss of power of several nodes at once. A killed process leaves what it wrote to the kernel, and so to its next
 * start; without power the kernel loses what was not synced. So the data folders are copied while the daemons are
 * stopped for a moment, these go on for some time, all are killed, and the copies take the folders' places:
 *
 *     stop ─ copy of the folders ─ go on ── lossMs ── kill of all ── copies in place ─ … ─ start of all
 *            └─ may be all that is on the disk, when nothing is synced up to the kill
 *
 * Only a system that syncs nothing meanwhile may be treated so. Each declares for how long after its start it does not
 * (`DockerSystem.unsyncedMs`), and a loss that would reach further is refused: what was synced is never taken.
 */
export interface PowerHolds {
  /** Where nodes keep their data, absolute. */
  readonly folders: readonly string[];
  /** For how long after its start a node certainly syncs none of it. */
  readonly unsyncedMs: number;
  readonly processes: Pick<ProcessControl, "kill" | "pause">;
  run(node: NodeId, argv: readonly string[]): Promise<RunResult>;
  /** When the node's daemons were started last, of the monotonic clock, ms. */
  startedMs(node: NodeId): number;
}

export function powerControl({ folders, unsyncedMs, processes, run, startedMs }: PowerHolds): PowerControl {
  const inNode = async (node: NodeId, action: "copy" | "lose"): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(node, ["sh", "-c", script, "power", action, ...folders]);
    if (exitCode === 0) return stdout.trim();
    throw new HarnessError("FAULT_FAILED", `${action} of ${folders.join(", ")} on ${node} ended with ${exitCode}: ${stderr.trim()}`, { nextStep: "look at the container with `docker inspect`; it may have been removed by hand" });
  };
  const copyWhileStopped = async (node: NodeId, signal: AbortSignal): Promise<void> => {
    const pause = processes.pause(node);
    try {
      await pause.apply(signal);
      await inNode(node, "copy");
    } finally {
      await pause.revert(signal);
    }
  };
  return {
    lose(nodes, lossMs): Disturbance {
      const kills = together(nodes.map((node) => processes.kill(node)));
      let lost: readonly string[] = [];
      return {
        description: `power loss of ${nodes.join(", ")}`,
        undo: [...nodes.flatMap((node) => processes.pause(node).undo), ...kills.undo],
        async apply(signal) {
          const reach = monotonicMs() + lossMs - Math.min(...nodes.map(startedMs));
          if (lossMs > 0 && reach > unsyncedMs) {
            throw new HarnessError("FAULT_FAILED", `${Math.round(reach)} ms after their start nodes may have synced, so what they lose is not known`, { nextStep: `let faults begin so early that they are over ${unsyncedMs} ms after a node's start` });
          }
          if (lossMs > 0) await Promise.all(nodes.map((node) => copyWhileStopped(node, signal)));
          await sleep(lossMs, signal);
          await kills.apply(signal);
          if (lossMs > 0) lost = await Promise.all(nodes.map(async (node) => `${node} lost ${await inNode(node, "lose")} bytes`));
        },
        revert: (signal) => kills.revert(signal),
        async evidence(signal) {
          const dead = await kills.evidence(signal);
          return { effective: dead.effective && !lost.some((text) => text.includes(" lost 0 ")), seen: [dead.seen, ...lost].join("; ") };
        },
      };
    },
  };
}

/** `lose` prints by how many bytes the folders were longer. */
const script = `
action=$1 lost=0; shift
bytes() { find "$1" -type f -printf '%s\\n' | awk '{ sum += $1 } END { print sum + 0 }'; }
for folder; do
  copy=$folder.copy
  case $action in
  copy) rm -rf "$copy" && cp -a "$folder" "$copy" || exit ;;
  lose) lost=$((lost + $(bytes "$folder") - $(bytes "$copy"))) && rm -rf "$folder" && mv "$copy" "$folder" || exit ;;
  esac
done
echo $lost
`;
