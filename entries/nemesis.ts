/** What goes wrong and when. */
export { faults, faultNamed } from "../nemesis/registry.ts";
export { arm, checkCapabilities, type ArmedFault, type Fault } from "../nemesis/fault.ts";
export { makeNemesis, type NemesisOptions } from "../nemesis/nemesis.ts";
export { faultSchedule, finalHeal } from "../nemesis/schedule.ts";
export { faultTimeline, type FaultSpan } from "../nemesis/timeline.ts";
