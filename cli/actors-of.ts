import type { SystemDefinition } from "../harness/actor.ts";
import { HarnessError } from "../harness/errors.ts";
import { findSubject } from "../suites/subject.ts";

/** The definition of a system of actors; `BAD_OPTION` for a database, which can only be run. */
export function actorsOf(name: string): SystemDefinition {
  const { model } = findSubject(name);
  if (model !== undefined) return model;
  throw new HarnessError("BAD_OPTION", `${name} is not written as actors`, { nextStep: `use \`rashomon run ${name}\`` });
}
