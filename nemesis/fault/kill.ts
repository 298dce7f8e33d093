import { together } from "../../harness/disturbance.ts";
import { processesOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { chooseProcess, processOption } from "../process.ts";
import { chooseTarget, targetOption } from "../target.ts";

/**
 * A node dies at once, and starts again with what it had on disk: what it promised without saving is gone. Of several
 * none waits for the others: they may serve only together.
 */
export const kill: Fault = {
  name: "kill",
  summary: "kills a node's process (SIGKILL) and starts it again at heal with what it had on disk",
  needs: ["processes"],
  nodesMin: 1,
  options: [targetOption("any", "a minority should change nothing; target=all is a power failure"), processOption],
  async plan(context) {
    const target = await chooseTarget(context);
    const processes = processesOf(context.cluster);
    const { process, label } = chooseProcess(context);
    return { targets: target.nodes, what: `kill ${label}${target.label}`, disturbances: [together(target.nodes.map((node) => processes.kill(node, process)))] };
  },
};
