import { describe, expect, it } from "vitest";
import { explore } from "../../checkers/model/explore.ts";
import { findSystem } from "../../clusters/systems/registry.ts";
import { parseSettings } from "../../harness/options.ts";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import { CoverageTally, estimatedTotal } from "./coverage.ts";
import { type Covered, observedSystem } from "./handler-steps.ts";

describe("the estimate of the unseen", () => {
  it("is what was seen when nothing was seen only once", () => {
    expect(estimatedTotal({ observed: 7, once: 0, twice: 3, samples: 50 })).toBe(7);
  });

  it("is Chao's formula, worked by hand", () => {
    expect(estimatedTotal({ observed: 10, once: 4, twice: 2, samples: 4 })).toBe(10 + (0.75 * 12) / 6);
  });

  it("is nearer to the truth than the count is, over many populations of unequal frequencies", () => {
    const random = new Random(seed("chao"));
    const missed = { counted: 0, estimated: 0 };
    for (let population = 0; population < 40; population++) {
      const tally = new CoverageTally(new Set());
      for (let sample = 0; sample < 150; sample++) tally.add(new Set([String(Math.floor(100 * random.float() ** 2))]));
      const { outside: seen, estimated } = tally.result();
      missed.counted += Math.abs(100 - seen);
      missed.estimated += Math.abs(100 - estimated);
    }

    expect(missed.estimated).toBeLessThan(missed.counted / 2);
  });
});

describe("a tally", () => {
  it("tells what the model has from what it has not, and when each was met first", () => {
    const tally = new CoverageTally(new Set(["a", "b", "c"]));
    for (const met of [["a", "x"], ["a"], ["b", "a"], ["x"]]) tally.add(new Set(met));

    expect(tally.result()).toMatchObject({ samples: 4, seen: 2, outside: 1, unseenMass: 1 / 6, curve: [{ rounds: 1, seen: 1 }, { rounds: 3, seen: 2 }, { rounds: 4, seen: 2 }] });
  });
});

describe("an observed system", () => {
  it("is explored to the same account, and tells every branch of its handlers", () => {
    const definition = findSystem("single-copy");
    const system = definition.make(parseSettings([], definition.options, definition.name));
    const seen: Covered[] = [];

    const observed = explore(observedSystem(system, (covered) => seen.push(covered)));

    const plain = explore(system);
    expect([observed.unique, observed.generated, observed.depth]).toEqual([plain.unique, plain.generated, plain.depth]);
    const branches = [...new Set(seen.map(({ branch }) => branch))].sort();
    expect(branches.filter((branch) => branch.includes("call "))).toMatchInlineSnapshot(`
      [
        "single-copy · call read → reply; same state",
        "single-copy · call read → send ask; same state",
        "single-copy · call write → save, reply; new state",
        "single-copy · call write → send ask; same state",
      ]
    `);
    expect(branches.every((branch) => branch.startsWith("single-copy · "))).toBe(true);
  });
});
