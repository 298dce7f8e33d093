import { numberOf } from "../../harness/options.ts";
import { clockOptions, planSkew, signedMs } from "../clocks.ts";
import type { Fault } from "../fault.ts";

/** A clock on which two time servers disagree, each believed in turn. */
export const clockStrobe: Fault = {
  name: "clock-strobe",
  summary: "lets a node's clocks jump by offsetMs and back again, every periodMs",
  needs: ["clocks"],
  nodesMin: 1,
  options: [
    ...clockOptions({ clocks: "realtime", reason: "a clock of durations that goes back breaks programs that rightly trust it not to" }),
    { name: "offsetMs", kind: "integer", unit: "ms", default: 4_000, min: -1_000_000_000, max: 1_000_000_000, reason: "beyond heartbeats; what is stamped later often looks earlier" },
    { name: "periodMs", kind: "number", unit: "ms", default: 100, min: 0.001, max: 1_000_000_000, reason: "a few operations long, so that operations begin in one turn and end in the other" },
  ],
  plan(context) {
    const strobe = { offsetMs: numberOf(context.settings, "offsetMs"), periodMs: numberOf(context.settings, "periodMs") };
    return planSkew(context, { offsetMs: 0, rate: 1, strobe, what: `clock-strobe by ${signedMs(strobe.offsetMs)} every ${strobe.periodMs} ms` });
  },
};
