import { HarnessError } from "../harness/errors.ts";
import type { Fault } from "./fault.ts";
import { bridge } from "./fault/bridge.ts";
import { clientsCut } from "./fault/clients-cut.ts";
import { clockDrift } from "./fault/clock-drift.ts";
import { clockJump } from "./fault/clock-jump.ts";
import { clockStrobe } from "./fault/clock-strobe.ts";
import { flaky } from "./fault/flaky.ts";
import { halves } from "./fault/halves.ts";
import { isolate } from "./fault/isolate.ts";
import { kill } from "./fault/kill.ts";
import { latency } from "./fault/latency.ts";
import { majoritiesRing } from "./fault/majorities-ring.ts";
import { oneLink } from "./fault/one-link.ts";
import { oneWay } from "./fault/one-way.ts";
import { outrun } from "./fault/outrun.ts";
import { pause } from "./fault/pause.ts";
import { powerLoss } from "./fault/power-loss.ts";
import { reset } from "./fault/reset.ts";
import { shrink } from "./fault/shrink.ts";
import { slow } from "./fault/slow.ts";

/** Every fault there is: partitions, then links, processes, clocks, power, membership. What `rashomon list faults` shows. */
export const faults: readonly Fault[] = [isolate, halves, majoritiesRing, bridge, oneWay, oneLink, clientsCut, latency, slow, reset, flaky, pause, kill, outrun, clockJump, clockStrobe, clockDrift, powerLoss, shrink];

/** The fault of that name; `UNKNOWN_NAME` lists those that exist. */
export function faultNamed(name: string): Fault {
  const fault = faults.find((candidate) => candidate.name === name);
  if (fault !== undefined) return fault;
  throw new HarnessError("UNKNOWN_NAME", `there is no fault ${JSON.stringify(name)}`, { nextStep: `use one of ${faults.map((known) => known.name).join(", ")}` });
}
