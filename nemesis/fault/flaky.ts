import { numberOf } from "../../harness/options.ts";
import { toxicOn } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { chooseLinks, linksOption } from "../links.ts";
import { targetOption } from "../target.ts";

/** Messages arrive in slices: finds readers that take what one read gives for a whole message. */
export const flaky: Fault = {
  name: "flaky",
  summary: "cuts the streams of some nodes' links into small slices with pauses between them",
  needs: ["net", "toxics"],
  nodesMin: 1,
  options: [
    targetOption("any", "one bad cable"),
    linksOption,
    { name: "sliceBytes", kind: "integer", unit: "bytes", default: 16, min: 1, max: 65_536, reason: "smaller than any message" },
    { name: "slicePauseMs", kind: "integer", unit: "ms", default: 2, min: 0, max: 10_000, reason: "long enough that each slice is read by itself" },
  ],
  async plan(context) {
    const links = await chooseLinks(context);
    const bytes = numberOf(context.settings, "sliceBytes");
    const pauseMs = numberOf(context.settings, "slicePauseMs");
    // Toxiproxy counts the pause in microseconds; the variation must stay below the size.
    const attributes = { average_size: bytes, size_variation: Math.floor(bytes / 2), delay: pauseMs * 1000 };
    return {
      targets: links.nodes,
      what: `flaky ${bytes} bytes every ${pauseMs} ms on ${links.label}`,
      disturbances: [toxicOn(context.cluster, links.flows, { type: "slicer", attributes })],
    };
  },
};
