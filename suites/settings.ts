import { HarnessError } from "../harness/errors.ts";
import { parseSettings, type OptionSpec, type Settings } from "../harness/options.ts";

/** Something that has options of its own: a system, a workload. */
export interface Owner {
  readonly name: string;
  readonly options: readonly OptionSpec[];
}

/**
 * Gives each `KEY=VALUE` to every owner that has that key; a key that nobody has is an error listing them all.
 * Returns one complete `Settings` per owner, in order, defaults filled in.
 */
export function splitSettings(texts: readonly string[], owners: readonly Owner[]): Settings[] {
  const nameOf = (text: string): string => text.split("=", 1)[0]!;
  const unknown = texts.filter((text) => !owners.some((owner) => owner.options.some((option) => option.name === nameOf(text))));
  if (unknown.length > 0) {
    const known = owners.map((owner) => `${owner.name}: ${owner.options.map((option) => option.name).join(", ") || "none"}`).join("; ");
    throw new HarnessError("BAD_OPTION", `no option ${unknown.map((text) => JSON.stringify(nameOf(text))).join(", ")} here (options of ${known})`, {
      nextStep: "see `rashomon list` for the options, their units and defaults",
    });
  }
  return owners.map((owner) =>
    parseSettings(texts.filter((text) => owner.options.some((option) => option.name === nameOf(text))), owner.options, owner.name),
  );
}

/** The defaults of an owner, for showing where settings differ. */
export function defaultsOf(owner: Owner): Settings {
  return parseSettings([], owner.options, owner.name);
}
