import { numberOf } from "../../harness/options.ts";
import { toxicOn } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { chooseLinks, linksOption } from "../links.ts";
import { targetOption } from "../target.ts";

/** A thin pipe: small messages pass, large ones and floods queue. */
export const slow: Fault = {
  name: "slow",
  summary: "limits the bandwidth of the links of some nodes to rateKBs",
  needs: ["net", "toxics"],
  nodesMin: 1,
  options: [
    targetOption("any", "one slow node holds up those that wait for all"),
    linksOption,
    { name: "rateKBs", kind: "integer", unit: "KB/s", default: 1, min: 1, max: 1_000_000, reason: "about ten small messages a second, so queues grow under any load" },
  ],
  async plan(context) {
    const links = await chooseLinks(context);
    const rate = numberOf(context.settings, "rateKBs");
    return {
      targets: links.nodes,
      what: `slow ${rate} KB/s on ${links.label}`,
      disturbances: [toxicOn(context.cluster, links.flows, { type: "bandwidth", attributes: { rate } })],
    };
  },
};
