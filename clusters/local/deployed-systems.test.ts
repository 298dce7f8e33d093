import { describe, it } from "vitest";
import { systemDefinitions } from "../systems/registry.ts";
import { expectDeployedAsModelled } from "./testing/expect-deployed.ts";

/** The twins, which share their products' code but for a bug, are the long suite's. */
describe("deployed as processes", { timeout: 120_000 }, () => {
  it.each(systemDefinitions.filter(({ role }) => role === "product"))("$name: every round is its model's, every real trace is explained, and no mutant of it is", async (definition) => {
    await expectDeployedAsModelled(definition);
  });
});
