import { describe, expect, it } from "vitest";
import { freshSeed } from "../../harness/random.ts";
import { causalNotions as notions, checkCausal } from "./causal.ts";
import { sequence } from "./testing/sequence.ts";
import { expectCausalAgrees, expectSessionsAgree } from "./testing/weak-agreement.ts";

/** Which notions the history keeps: `C`, `V`, `M`. */
const kept = (text: string): string => notions.map((notion) => (checkCausal(sequence(text), { notion }).verdict === "valid" ? { causal: "C", convergence: "V", memory: "M" }[notion] : "")).join("");

describe("the three notions of causal consistency differ (examples after Bouajjani et al., figure 3)", () => {
  it.each([
    ["two readers see concurrent writes in two orders: each view is fine, no one order is", "0 put x 1, 1 put x 2, 2 get x 1, 2 get x 2, 3 get x 2, 3 get x 1", "CM"],
    ["each writer goes on to read the other's value", "0 put x 1, 0 get x 2, 1 put x 2, 1 get x 1", "CM"],
    ["one reader turns back and forth: no view of its own, nor any order", "0 put x 1, 1 put x 2, 1 get x 1, 1 get x 2", "C"],
    ["one order of writes exists, and yet no view: the reader's initial reads forbid it", "0 put z 1, 0 put x 1, 0 put y 1, 1 put x 2, 1 get z null, 1 get y 1, 1 get x 2", "CV"],
    ["all agree", "0 put x 1, 1 get x 1, 1 put x 2, 2 get x 1, 2 get x 2", "CVM"],
    ["a cause is ignored", "0 put x 1, 1 get x 1, 1 put y 1, 2 get y 1, 2 get x null", ""],
  ])("%s", (_, text, expected) => {
    expect(kept(text)).toBe(expected);
  });
});

describe("against the definitions, crashed writes included", () => {
  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();

  it(`causality on small random histories (seed ${base})`, () => {
    const seen = expectCausalAgrees({ base, count: 1500 });

    // The ways to be causal but no more are too rare for so few: they are above, and in the long test.
    expect(seen.get("valid,valid,valid")).toBeGreaterThan(20);
    expect(seen.get("invalid,invalid,invalid")).toBeGreaterThan(20);
  });

  it(`session guarantees on small random histories (seed ${base})`, () => {
    const seen = expectSessionsAgree({ base, count: 600 });

    expect(seen.size, [...seen].join(" ")).toBeGreaterThanOrEqual(7);
  });
});
