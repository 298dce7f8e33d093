import { numberOf } from "../../harness/options.ts";
import { netOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { chooseLinks, linksOption } from "../links.ts";
import { targetOption } from "../target.ts";

/** Everything arrives, late. A request and its answer are both late, so a round trip takes twice the latency. */
export const latency: Fault = {
  name: "latency",
  summary: "delays everything on the links of some nodes, each direction by latencyMs ± jitterMs",
  needs: ["net"],
  nodesMin: 1,
  options: [
    targetOption("all", "a slow network is slow everywhere"),
    linksOption,
    { name: "latencyMs", kind: "integer", unit: "ms", default: 100, min: 1, max: 60_000, reason: "a round trip of 200 ms: between continents, and beyond many a heartbeat" },
    { name: "jitterMs", kind: "integer", unit: "ms", default: 50, min: 0, max: 60_000, reason: "half the latency, so that links differ and messages of two links overtake one another" },
  ],
  async plan(context) {
    const links = await chooseLinks(context);
    const delay = { latencyMs: numberOf(context.settings, "latencyMs"), jitterMs: numberOf(context.settings, "jitterMs") };
    return {
      targets: links.nodes,
      what: `latency ${delay.latencyMs} ± ${delay.jitterMs} ms on ${links.label}`,
      disturbances: [netOf(context.cluster).delay(links.flows, delay)],
    };
  },
};
