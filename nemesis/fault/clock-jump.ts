import { numberOf } from "../../harness/options.ts";
import { clockOptions, planSkew, signedMs } from "../clocks.ts";
import type { Fault } from "../fault.ts";

/** A clock that is set while programs run: somebody's hand, a time server that is wrong, a machine that was moved. */
export const clockJump: Fault = {
  name: "clock-jump",
  summary: "sets a node's clocks ahead or back by offsetMs, for its processes alone; at heal dates are the machine's",
  needs: ["clocks"],
  nodesMin: 1,
  options: [
    ...clockOptions({ clocks: "realtime", reason: "who sets a clock sets the date; durations go on" }),
    { name: "offsetMs", kind: "integer", unit: "ms", default: 60_000, min: -1_000_000_000_000, max: 1_000_000_000_000, reason: "beyond most leases and time limits; negative: back" },
  ],
  plan(context) {
    const offsetMs = numberOf(context.settings, "offsetMs");
    return planSkew(context, { offsetMs, rate: 1, what: `clock-jump by ${signedMs(offsetMs)}` });
  },
};
