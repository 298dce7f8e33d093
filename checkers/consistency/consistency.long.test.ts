import { describe, expect, it } from "vitest";
import { freshSeed } from "../../harness/random.ts";
import { fuzzed } from "../linearizability/testing/shapes.ts";
import { expectSequentialAgrees } from "./testing/sequential-agreement.ts";
import { expectCausalAgrees, expectSessionsAgree } from "./testing/weak-agreement.ts";

const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
const perObject = 250;

describe(`sequential consistency agrees with brute force (seed ${base})`, () => {
  it.each(fuzzed)(
    `on ${perObject} random histories of $name`,
    (object) => {
      expectSequentialAgrees(object, { base, count: perObject });
    },
    600_000,
  );
});

const weak = 20_000;

describe(`what is weaker agrees with its definitions on ${weak} random histories (seed ${base})`, () => {
  it("each notion of causality, those to be causal but no more among them", () => {
    expect([...expectCausalAgrees({ base, count: weak }).keys()]).toEqual(expect.arrayContaining(["valid,valid,valid", "invalid,invalid,invalid", "valid,invalid,invalid", "valid,invalid,valid"]));
  }, 600_000);

  it("each session guarantee", () => expect(expectSessionsAgree({ base, count: weak }).size).toBe(8), 600_000);
});
