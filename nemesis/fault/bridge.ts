import { netOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { bridge as withBridge, flowsOf } from "../grudge.ts";

/** Two halves with one node between them that still talks with both: not everybody disagrees about who is alive. */
export const bridge: Fault = {
  name: "bridge",
  summary: "splits the nodes into halves that cannot talk, but for one node that talks with both",
  needs: ["net"],
  nodesMin: 3,
  options: [],
  plan({ cluster, random }) {
    const nodes = random.shuffle(cluster.nodes);
    const between = nodes[Math.floor(nodes.length / 2)]!;
    return Promise.resolve({ targets: [between], what: `bridge ${between}`, disturbances: [netOf(cluster).cut(flowsOf(withBridge(nodes)))] });
  },
};
