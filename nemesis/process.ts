import { type OptionSpec, type Settings, textOf } from "../harness/options.ts";
import type { PlanContext } from "./plan.ts";

/** Which of a node's processes a fault hits: a database often comes with an agent that can die alone. */
export const processOption: OptionSpec = {
  name: "process",
  kind: "text",
  default: "all",
  reason: "a crash of the node; or one process by its name, where a system has several (patroni, postgres)",
};

/** The process of the setting: undefined for all; `label` goes before the nodes' names. */
export function chooseProcess({ settings }: Pick<PlanContext, "settings">): { readonly process: string | undefined; readonly label: string } {
  const name = textOf(settings, "process");
  return name === "all" ? { process: undefined, label: "" } : { process: name, label: `${name} on ` };
}

/** What is wrong with the setting where nodes have processes of these names; undefined when nothing is, or the fault has no such setting. */
export function missingProcess(settings: Settings, names: readonly string[]): string | undefined {
  const name = settings["process"];
  if (typeof name !== "string" || name === "all") return undefined;
  if (names.includes(name)) return undefined;
  return `its nodes have no process ${JSON.stringify(name)}${names.length === 0 ? " that can be chosen" : ` (they have ${names.join(", ")})`}`;
}
