import { numberOf } from "../../harness/options.ts";
import { powerOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { chooseTarget, targetOption } from "../target.ts";

/** Nodes lose their power at once, and with it what they wrote last and did not sync. */
export const powerLoss: Fault = {
  name: "power-loss",
  summary: "kills nodes at the same moment, takes from their disks what they wrote last and did not sync, and starts them again at heal",
  needs: ["power"],
  nodesMin: 1,
  options: [
    targetOption("any", "a minority should change nothing; machines of one rack go together (target=all)"),
    { name: "lossMs", kind: "integer", unit: "ms", default: 2_000, min: 0, max: 60_000, reason: "what was written within this time is gone, if it was not synced; kernels write back after up to 30 s; 0 loses nothing: a kill of all at once" },
  ],
  async plan(context) {
    const target = await chooseTarget(context);
    const lossMs = numberOf(context.settings, "lossMs");
    return { targets: target.nodes, what: `power-loss ${target.label} with the writes of ${lossMs} ms`, disturbances: [powerOf(context.cluster).lose(target.nodes, lossMs)] };
  },
};
