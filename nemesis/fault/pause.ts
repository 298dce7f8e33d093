import { processesOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { chooseProcess, processOption } from "../process.ts";
import { chooseTarget, targetOption } from "../target.ts";

/** A node stops and later goes on as if no time had passed: a long garbage collection, a suspended machine. */
export const pause: Fault = {
  name: "pause",
  summary: "stops a node's process (SIGSTOP) and lets it go on later; its connections stay open",
  needs: ["processes"],
  nodesMin: 1,
  options: [targetOption("any", "a minority should change nothing"), processOption],
  async plan(context) {
    const target = await chooseTarget(context);
    const processes = processesOf(context.cluster);
    const { process, label } = chooseProcess(context);
    return { targets: target.nodes, what: `pause ${label}${target.label}`, disturbances: target.nodes.map((node) => processes.pause(node, process)) };
  },
};
