import { netOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { flowsOf, isolate as isolated } from "../grudge.ts";
import { chooseTarget, targetOption } from "../target.ts";

/** One node (or each of some) neither hears the others nor is heard by them; clients still reach it. */
export const isolate: Fault = {
  name: "isolate",
  summary: "cuts one node off from the others, both ways; clients still reach it",
  needs: ["net"],
  nodesMin: 2,
  options: [targetOption("any", "every node deserves it")],
  async plan(context) {
    const target = await chooseTarget(context);
    const flows = flowsOf(isolated(target.nodes, context.cluster.nodes));
    return { targets: target.nodes, what: `isolate ${target.label}`, disturbances: [netOf(context.cluster).cut(flows)] };
  },
};
