import { describe, expect, it } from "vitest";
import { specs } from "../../harness/objects/registry.ts";
import { freshSeed } from "../../harness/random.ts";
import { expectAgreement, expectEnginesAgree } from "./testing/agreement.ts";
import { MonitorAnswers } from "./testing/monitor-agreement.ts";
import { fuzzed } from "./testing/shapes.ts";

const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
const total = 102_000;
const perObject = Math.ceil(total / fuzzed.length);

const answers = new MonitorAnswers();
describe(`all engines agree with brute force on ${perObject * fuzzed.length} random histories (seed ${base})`, () => {
  it.each(fuzzed)(
    `${perObject} of $name`,
    (object) => {
      expectAgreement(object, { base, count: perObject, answers });
    },
    600_000,
  );
});

it("every object of the registry is among them", () => {
  const drawn = new Set(fuzzed.map(({ spec }) => spec.name));

  expect(specs.map(({ make }) => make().name).filter((name) => !drawn.has(name))).toEqual([]);
});

describe(`engines agree on larger histories (seed ${base})`, () => {
  // Containers that are searched by asking the spec are slow to agree on long histories.
  const searched = /^(stack|priority|bag|queue)/;
  it.each(fuzzed)(
    "of $name",
    (object) => {
      expectEnginesAgree(object, { base, count: searched.test(object.name) ? 200 : 1000, operations: searched.test(object.name) ? 16 : 60 });
    },
    600_000,
  );
});
