import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { explore } from "../checkers/model/explore.ts";
import { systemDefinitions } from "../clusters/systems/registry.ts";
import { parseSettings } from "../harness/options.ts";

const page = readFileSync(join(import.meta.dirname, "race.md"), "utf8");
const twins = systemDefinitions.filter(({ role }) => role === "twin");

it.each(twins)("the race of $name is written down as the explorer runs it now (npm run race writes it anew)", (twin) => {
  const system = twin.make(parseSettings([], twin.options, twin.name));
  const { discoveries } = explore(system, { track: "monitor", stopAtCounterexample: true });
  const { property, length } = discoveries.find(({ kind }) => kind === "counterexample")!;

  expect(page).toMatch(new RegExp(`^\\| \`${twin.name}\` \\| ${property} \\| [0-9,]+ \\| ${length} \\|`, "m"));
  expect(page).toContain(`- \`${twin.name}\` (of \`${twin.twinOf!}\`): ${twin.bug!}.`);
});
