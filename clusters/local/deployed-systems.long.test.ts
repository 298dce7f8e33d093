import { describe, it } from "vitest";
import { systemDefinitions } from "../systems/registry.ts";
import { expectDeployedAsModelled } from "./testing/expect-deployed.ts";

describe("deployed as processes", { timeout: 240_000 }, () => {
  it.each(systemDefinitions.filter(({ role }) => role !== "fixture"))("$name: every round is its model's, every real trace is explained, and no mutant of it is", async (definition) => {
    await expectDeployedAsModelled(definition, { holes: "every" });
  });
});
