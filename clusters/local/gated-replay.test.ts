import { describe, expect, it } from "vitest";
import type { SystemDefinition } from "../../harness/actor.ts";
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

  it("a disk that lies about a sync: single-copy loses a write that a client was told of", async () => {
    await expectCounterexampleToHappen(findSystem("single-copy"), ["crashes=1", "lostWrites=1"]);
  });

  it("a partition that heals: what it loses is lost at the proxies of the links that it cuts", async () => {
    const mutex = findSystem("lamport-mutex");
    const torn: SystemDefinition = {
      ...mutex,
      make(settings) {
        const whole = mutex.make({ ...settings, servers: 2 });
        return { ...whole, liveness: [], model: { ...whole.model, faults: { ...whole.model.faults, partitions: 1 } } };
      },
    };

    expect(await expectCounterexampleToHappen(torn, ["servers=2"])).toEqual({ onLinks: 1, keptOut: 0 });
  });
});
