import { expect, it } from "vitest";
import { systemDefinitions } from "../systems/registry.ts";
import { expectCounterexampleToHappen } from "./testing/replay-counterexample.ts";

const twins = systemDefinitions.filter(({ role }) => role === "twin");

it.each(twins)("the shortest counterexample to $name happens on real processes", { timeout: 240_000 }, async (twin) => {
  await expectCounterexampleToHappen(twin);
});

it("there are twins", () => {
  expect(twins.length).toBeGreaterThan(0);
});
