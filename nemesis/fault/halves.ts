import { netOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { flowsOf, halves as inHalves } from "../grudge.ts";

/** A random minority and the rest cannot talk; with an odd number of nodes the rest is a majority and should go on. */
export const halves: Fault = {
  name: "halves",
  summary: "splits the nodes into two random halves that cannot talk",
  needs: ["net"],
  nodesMin: 2,
  options: [],
  plan({ cluster, random }) {
    const nodes = random.shuffle(cluster.nodes);
    const minority = nodes.slice(0, Math.floor(nodes.length / 2));
    const rest = nodes.slice(minority.length);
    return Promise.resolve({
      targets: minority,
      what: `halves ${minority.join(", ")} | ${rest.join(", ")}`,
      disturbances: [netOf(cluster).cut(flowsOf(inHalves(nodes)))],
    });
  },
};
