import type { OpGenerator } from "../harness/generator.ts";
import type { Random } from "../harness/random.ts";
import { faultSchedule } from "../nemesis/schedule.ts";
import type { Scenario } from "./scenario.ts";

/** When which fault of the scenario is on: the same for the same seed, on any cluster. */
export function scheduleOf(scenario: Scenario, random: Random): OpGenerator {
  return faultSchedule({
    faults: scenario.faults.map(({ fault }) => fault.name),
    everyMs: scenario.faultEveryMs,
    durationMs: scenario.faultForMs,
    untilMs: scenario.timeLimitMs,
    seed: random.fork("schedule").seed,
  });
}
