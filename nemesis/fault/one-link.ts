import { netOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { flowsOf, oneLink as onlyLink } from "../grudge.ts";
import { chooseTarget, targetOption } from "../target.ts";

/**
 * A single link is cut. With three nodes both ends still see the third, so each can believe in a different world:
 * an etcd follower that lost its leader this way campaigned for as long as the cut lasted, and deposed it at heal.
 */
export const oneLink: Fault = {
  name: "one-link",
  summary: "cuts the one link between a node and another, both ways; all other links stay",
  needs: ["net"],
  nodesMin: 2,
  options: [targetOption("any", "every link deserves it; target=leader is the nastiest")],
  async plan(context) {
    const { cluster, random } = context;
    const target = await chooseTarget(context);
    const first = target.nodes[0]!;
    const rest = target.nodes.slice(1);
    const second = random.pick(rest.length > 0 ? rest : cluster.nodes.filter((node) => node !== first));
    return { targets: [first, second], what: `one-link ${first} – ${second}`, disturbances: [netOf(cluster).cut(flowsOf(onlyLink(first, second)))] };
  },
};
