import { textOf } from "../../harness/options.ts";
import { netOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { cannotHear, cannotSend, flowsOf } from "../grudge.ts";
import { chooseTarget, targetOption } from "../target.ts";

/**
 * One node can hear but not be heard, or be heard but not hear. A leader that cannot hear goes on sending heartbeats,
 * so its followers are content; one that cannot send learns of its successor at once. Few systems are tested for either.
 */
export const oneWay: Fault = {
  name: "one-way",
  summary: "cuts one direction of one node's links: it cannot send, or it cannot hear",
  needs: ["net"],
  nodesMin: 2,
  options: [
    targetOption("any", "every node deserves it"),
    { name: "direction", kind: "choice", choices: ["send", "hear", "either"], default: "either", reason: "both directions fail in their own way; the seed picks one" },
  ],
  async plan(context) {
    const { cluster, random } = context;
    const asked = textOf(context.settings, "direction");
    // Drawn first and always, so that the target is the same whatever the direction is set to.
    const drawn = random.pick(["send", "hear"]);
    const direction = asked === "either" ? drawn : asked;
    const target = await chooseTarget(context);
    const grudge = direction === "send" ? cannotSend : cannotHear;
    // With several targets a flow may be asked for twice; it is cut once.
    const flows = new Map(target.nodes.flatMap((node) => flowsOf(grudge(node, cluster.nodes))).map((flow) => [`${flow.from}>${flow.to}`, flow]));
    return { targets: target.nodes, what: `one-way ${target.label} cannot ${direction}`, disturbances: [netOf(cluster).cut([...flows.values()])] };
  },
};
