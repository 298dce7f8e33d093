import { describe, it } from "vitest";
import { findSystem } from "../systems/registry.ts";
import { expectCounterexampleToHappen } from "./testing/replay-counterexample.ts";

/** One for each thing that a schedule can ask of a cluster; the long suite plays every twin's. */
describe("a model's shortest counterexample happens on real processes", { timeout: 120_000 }, () => {
  it.each([
    ["only deliveries", "abd-fast-read"],
    ["a SIGKILL, and a restart with what was saved", "abd-amnesia"],
    ["timers, and a property of the nodes' states", "atomic-commit-impatient"],
    ["messages that overtake each other", "raft-truncates"],
    ["a message that comes twice", "state-sync-blind"],
  ])("%s: %s", async (_what, name) => {
    await expectCounterexampleToHappen(findSystem(name));
  });
});
