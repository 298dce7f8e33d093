import { readFileSync, writeFileSync } from "node:fs";
import { systemDefinitions } from "../clusters/systems/registry.ts";
import type { SystemDefinition } from "../harness/actor.ts";
import { HarnessError } from "../harness/errors.ts";
import { isArray, isObject, type Json } from "../harness/json.ts";
import { parseSettings, type Settings } from "../harness/options.ts";
import type { Schedule, ScheduleStep } from "../harness/schedule.ts";

/**
 * What a witness has found, as a file that can be played again: which system with which settings, and the steps.
 *
 *     {"schema":1,"system":"abd-fast-read","settings":{…},"property":"linearizable","steps":[{"step":"call","client":0,"n":0}, …]}
 */
export interface ScheduleFile {
  readonly schema: 1;
  readonly system: string;
  /** Every setting of the system, defaults included: a schedule means nothing on another one. */
  readonly settings: Settings;
  /** The property that the schedule breaks. */
  readonly property: string;
  readonly steps: Schedule;
}

export function writeSchedule(path: string, file: Omit<ScheduleFile, "schema">): void {
  const { system, settings, property, steps } = file;
  try {
    writeFileSync(path, `${JSON.stringify({ schema: 1, system, settings, property, steps } satisfies ScheduleFile, null, 1)}\n`);
  } catch (cause) {
    throw new HarnessError("FILE_UNWRITABLE", `cannot write the schedule ${path}`, { nextStep: "name a file in a folder that can be written", cause });
  }
}

/** The schedule at `path` with its system and checked settings. Throws `FILE_UNREADABLE` where it is none, `UNKNOWN_NAME` and `BAD_OPTION` where its system is not ours. */
export function readSchedule(path: string): { readonly definition: SystemDefinition; readonly settings: Settings; readonly property: string; readonly steps: Schedule } {
  const file = parse(path);
  const { system, settings, property, steps } = isObject(file) ? file : {};
  if (typeof system !== "string" || !isObject(settings) || typeof property !== "string" || steps === undefined || !isSchedule(steps)) {
    throw new HarnessError("FILE_UNREADABLE", `${path} is no schedule: it lacks a system, settings, a property or steps`, { nextStep: "write one with `rashomon explore SYSTEM --schedule FILE`" });
  }
  const definition = systemDefinitions.find(({ name }) => name === system);
  if (definition === undefined) {
    throw new HarnessError("UNKNOWN_NAME", `${path} is a schedule of ${JSON.stringify(system)}, and there is no such system of actors`, { nextStep: "see `rashomon list systems`" });
  }
  const texts = Object.entries(settings).map(([name, value]) => `${name}=${String(value)}`);
  return { definition, settings: parseSettings(texts, definition.options, system), property, steps };
}

function parse(path: string): Json {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Json;
  } catch (cause) {
    throw new HarnessError("FILE_UNREADABLE", `cannot read the schedule ${path}`, { nextStep: "write one with `rashomon explore SYSTEM --schedule FILE`", cause });
  }
}

/** What is a number in each kind of step. */
const members: { readonly [step in ScheduleStep["step"]]: readonly string[] } = {
  deliver: ["from", "to", "n"],
  duplicate: ["from", "to", "n"],
  drop: ["from", "to", "n"],
  call: ["client", "n"],
  timer: ["actor"],
  choice: ["actor", "option"],
  crash: ["actor"],
  loseWrite: ["actor"],
  recover: ["actor"],
  cut: [],
  heal: [],
};

function isSchedule(steps: Json): steps is Json & Schedule {
  const numbers: ReadonlyMap<unknown, readonly string[]> = new Map(Object.entries(members));
  return isArray(steps) && steps.every((step) => isObject(step) && (numbers.get(step["step"])?.every((name) => typeof step[name] === "number") ?? false));
}
