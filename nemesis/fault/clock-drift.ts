import { numberOf } from "../../harness/options.ts";
import { clockOptions, planSkew } from "../clocks.ts";
import type { Fault } from "../fault.ts";

/** A clock that runs too fast or too slow. What the kernel counts, such as a sleep, lasts as long as it ought to. */
export const clockDrift: Fault = {
  name: "clock-drift",
  summary: "lets a node's clocks run at rate of the true speed; at heal dates are the machine's",
  needs: ["clocks"],
  nodesMin: 1,
  options: [
    ...clockOptions({ clocks: "all", reason: "leases and time limits are durations" }),
    { name: "rate", kind: "number", unit: "seconds per true second", default: 0.9, min: 0.001, max: 1_000, reason: "slow: who holds a lease holds it for too long; far more than a crystal drifts, so that it shows within seconds" },
  ],
  plan(context) {
    const rate = numberOf(context.settings, "rate");
    return planSkew(context, { offsetMs: 0, rate, what: `clock-drift at ${rate} of the true rate` });
  },
};
