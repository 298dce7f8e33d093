import { type OptionSpec, type Settings, textOf } from "../../../harness/options.ts";
import type { WorkOptions } from "./work.ts";

/** How an append reaches a SQL database, as the option of that name. */
export function appendsOption(choice: WorkOptions["appends"], reason: string): OptionSpec {
  return { name: "appends", kind: "choice", choices: ["read-then-write", "one-statement"], default: choice, reason };
}

export function appendsOf(settings: Settings): WorkOptions["appends"] {
  return textOf(settings, "appends") === "one-statement" ? "one-statement" : "read-then-write";
}
