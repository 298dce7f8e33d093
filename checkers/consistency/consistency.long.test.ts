import { describe, it } from "vitest";
import { freshSeed } from "../../harness/random.ts";
import { fuzzed } from "../linearizability/testing/shapes.ts";
import { expectSequentialAgrees } from "./testing/sequential-agreement.ts";

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
