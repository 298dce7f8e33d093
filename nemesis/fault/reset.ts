import { numberOf } from "../../harness/options.ts";
import { toxicOn } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { chooseLinks, linksOption } from "../links.ts";
import { targetOption } from "../target.ts";

/** Connections die while they are used, again and again: what was in flight is lost, and whether it arrived is unknown. */
export const reset: Fault = {
  name: "reset",
  summary: "resets connections of some nodes' links as soon as something is sent on them",
  needs: ["net", "toxics"],
  nodesMin: 1,
  options: [
    targetOption("any", "one node that cannot keep a connection"),
    linksOption,
    { name: "resetMs", kind: "integer", unit: "ms", default: 0, min: 0, max: 60_000, reason: "at once; a later reset lets the first exchanges of each connection pass" },
  ],
  async plan(context) {
    const links = await chooseLinks(context);
    return {
      targets: links.nodes,
      what: `reset ${links.label}`,
      disturbances: [toxicOn(context.cluster, links.flows, { type: "reset_peer", attributes: { timeout: numberOf(context.settings, "resetMs") } })],
    };
  },
};
