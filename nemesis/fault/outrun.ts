import type { Disturbance, Evidence } from "../../harness/disturbance.ts";
import { numberOf } from "../../harness/options.ts";
import { sleep } from "../../harness/time.ts";
import { netOf, processesOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { flowsOf, isolate } from "../grudge.ts";
import { chooseTarget, targetOption } from "../target.ts";

/**
 * A node is away while the others go on, and each of these is killed and started again in the meantime:
 *
 *     n3   ─── cut off ──────────────────────────────────────────── heal ───
 *     n1   ──────────── writes ── kill, start ── writes ───────────
 *     n2   ──────────── writes ───────────────── writes ── kill, start ────
 *
 * What replicas keep in memory for one that is behind is gone then, and it must catch up from what they have on disk: by
 * a snapshot, where logs are cut short at snapshots. Without the restarts that takes more writes than a log keeps.
 */
export const outrun: Fault = {
  name: "outrun",
  summary: "cuts one node off, and kills and starts each other one while it is away, with time for writes before each: it must catch up from what they have on disk",
  needs: ["net", "processes"],
  nodesMin: 3,
  targetsMax: 1,
  options: [
    targetOption("any", "every node can fall behind; one at a time, so that the others are a majority"),
    { name: "writeMs", kind: "integer", unit: "ms", default: 1_500, min: 0, max: 60_000, reason: "before each restart, so that every other node has on disk what the one that is away has not" },
  ],
  async plan(context) {
    const { cluster } = context;
    const target = await chooseTarget(context);
    const flows = flowsOf(isolate(target.nodes, cluster.nodes));
    const writeMs = numberOf(context.settings, "writeMs");
    const others = cluster.nodes.filter((node) => !target.nodes.includes(node));
    return {
      targets: target.nodes,
      what: `outrun ${target.label}`,
      disturbances: [netOf(cluster).cut(flows), ...others.map((node) => restart(processesOf(cluster).kill(node), writeMs))],
    };
  },
};

/** It is over once it has been applied: the node serves again. Its effect is what was seen between death and start. */
function restart(kill: Disturbance, writeMs: number): Disturbance {
  let seen: Evidence | undefined;
  let over = false;
  return {
    description: `after ${writeMs} ms ${kill.description} and start`,
    undo: kill.undo,
    async apply(signal) {
      await sleep(writeMs, signal);
      await kill.apply(signal);
      seen = await kill.evidence(signal);
      await kill.revert(signal);
      over = true;
    },
    async revert(signal) {
      if (!over) await kill.revert(signal);
    },
    evidence: async (signal) => seen ?? (await kill.evidence(signal)),
  };
}
