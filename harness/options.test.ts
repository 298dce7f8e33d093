import { expect, it } from "vitest";
import { parseSettings, type OptionSpec } from "./options.ts";

const version: OptionSpec = { name: "version", kind: "choice", choices: ["15", "17"], never: { mixed: "two versions do not stream to each other" }, default: "15", reason: "the default" };

it("a choice that an option never has is refused with its reason", () => {
  expect(() => parseSettings(["version=mixed"], [version], "postgres")).toThrow('option version takes one of 15, 17, not "mixed": two versions do not stream to each other');
});

it("any other choice is refused without one", () => {
  expect(() => parseSettings(["version=16"], [version], "postgres")).toThrow(/not "16"$/);
});
