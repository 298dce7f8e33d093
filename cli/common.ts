import type { Command } from "commander";
import { duration, repeated } from "./arguments.ts";

/** What every witness on the command line takes. */
export interface CommonFlags {
  readonly set: string[];
  readonly budget: number;
  readonly json: boolean;
}

/** Adds the options of `CommonFlags`. */
export function common(command: Command): Command {
  return command
    .option("--set <key=value>", "an option of the system or model, bounds included; repeatable", repeated, [])
    .option("--budget <duration>", "wall time; past it the account is a lower bound", duration, 600_000)
    .option("--json", "one JSON object on standard output", false);
}
