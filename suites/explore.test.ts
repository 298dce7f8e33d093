import { describe, expect, it } from "vitest";
import { exploreInWorkers } from "./explore.ts";

describe("workers", () => {
  it("refuse what they cannot do, all of it at once", async () => {
    const asked = { track: "history", budgetMs: 1_000, workers: 2, order: "depth", exact: true, reduceAfter: 1_000, checkpoint: "search.json" } as const;

    await expect(exploreInWorkers("paxos", {}, asked)).rejects.toThrow(
      "workers walk breadth first, level by level; workers share fingerprints, not whole states; workers see every state: nothing is reduced; checkpoints are of searches by one thread",
    );
  });

  it("are not for models of bit fields", async () => {
    await expect(exploreInWorkers("two-phase-commit", { rms: 3 }, { track: "history", budgetMs: 1_000, workers: 2 })).rejects.toThrow(/is explored by one worker, fast/);
  });
});
