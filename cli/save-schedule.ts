import type { Settings } from "../harness/options.ts";
import type { Schedule } from "../harness/schedule.ts";
import { commandName } from "../suites/machine.ts";
import { writeSchedule } from "../suites/schedule-file.ts";
import type { Output } from "./output.ts";

/** Writes what was found; when nothing was, the file is not touched, and that is said. */
export function saveSchedule(path: string, about: { readonly system: string; readonly settings: Settings; readonly found: { readonly property: string; readonly steps: Schedule } | undefined }, output: Output): void {
  const { system, settings, found } = about;
  if (found === undefined || found.steps.length === 0) return output.message(`no counterexample: ${path} is not written`);
  writeSchedule(path, { system, settings, ...found });
  output.message(`${path}: ${found.steps.length} steps; play them with \`${commandName()} replay ${path} --deploy\``);
}
