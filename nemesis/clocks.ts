import type { ClockSkew } from "../harness/cluster.ts";
import { type OptionSpec, textOf } from "../harness/options.ts";
import { clocksOf } from "./capabilities.ts";
import type { Plan, PlanContext } from "./plan.ts";
import { chooseProcess, processOption } from "./process.ts";
import { chooseTarget, type Target, targetOption } from "./target.ts";

/** What every fault of clocks is asked: whose, and which. */
export function clockOptions(defaults: { readonly clocks: ClockSkew["clocks"]; readonly reason: string }): OptionSpec[] {
  return [
    targetOption("any", "one machine whose clock is wrong"),
    processOption,
    { name: "clocks", kind: "choice", choices: ["realtime", "all"], default: defaults.clocks, reason: `${defaults.reason}; realtime tells dates, all are the clocks of durations, too` },
  ];
}

/** The same skew for each target. `what`: the fault in a few words, without its targets. */
export async function planSkew(context: PlanContext, { what, ...skew }: Omit<ClockSkew, "clocks"> & { readonly what: string }): Promise<Plan> {
  const { cluster, settings } = context;
  const target: Target = await chooseTarget(context);
  const { process, label } = chooseProcess(context);
  const clocks = textOf(settings, "clocks") === "all" ? "all" : "realtime";
  return {
    targets: target.nodes,
    what: `${what}, ${clocks === "all" ? "all clocks" : "realtime"}, on ${label}${target.label}`,
    disturbances: target.nodes.map((node) => clocksOf(cluster).skew(node, { ...skew, clocks }, process)),
  };
}

/** `+60000 ms`. */
export function signedMs(ms: number): string {
  return `${ms < 0 ? "" : "+"}${ms} ms`;
}
