import { netOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { flowsOf, majoritiesRing as inRing } from "../grudge.ts";

/** Every node sees a majority, and no two the same one: whoever counts votes finds them, and nobody agrees on who is alive. */
export const majoritiesRing: Fault = {
  name: "majorities-ring",
  summary: "lets every node see a majority, but no two nodes the same one",
  needs: ["net"],
  nodesMin: 3,
  options: [],
  plan({ cluster, random }) {
    const ring = random.shuffle(cluster.nodes);
    return Promise.resolve({ targets: ring, what: `majorities-ring ${ring.join(", ")}`, disturbances: [netOf(cluster).cut(flowsOf(inRing(ring)))] });
  },
};
