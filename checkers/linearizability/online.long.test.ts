import { describe, it } from "vitest";
import { freshSeed } from "../../harness/random.ts";
import { expectOnlineAgrees } from "./testing/online-agreement.ts";
import { fuzzed } from "./testing/shapes.ts";

const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
const perObject = 250;

describe(`the online checker agrees with the whole check (seed ${base})`, () => {
  it.each(fuzzed)(
    `on ${perObject} random histories of $name`,
    (object) => {
      expectOnlineAgrees(object, { base, count: perObject });
    },
    600_000,
  );
});
