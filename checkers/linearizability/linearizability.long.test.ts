import { describe, expect, it } from "vitest";
import { steps } from "../../harness/budget.ts";
import { seed } from "../../harness/ids.ts";
import { cas, casRegister, read, write } from "../../harness/objects/register.ts";
import { specs } from "../../harness/objects/registry.ts";
import type { Call } from "../../harness/op.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import { checkLinearizable } from "./linearizability.ts";
import { expectAgreement, expectEnginesAgree } from "./testing/agreement.ts";
import { expectColumnsAreExact } from "./testing/column-agreement.ts";
import { MonitorAnswers } from "./testing/monitor-agreement.ts";
import { expectLongOrder, expectSmallOrders, monitored } from "./testing/monitor-orders.ts";
import { randomHistory } from "./testing/random-history.ts";
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

it(`the columns of a register of unique values say what brute force says, of 20,000 random histories (seed ${base})`, () => {
  expectColumnsAreExact({ base, count: 20_000 });
}, 600_000);

it("every object of the registry is among them", () => {
  const drawn = new Set(fuzzed.map(({ spec }) => spec.name));

  expect(specs.map(({ make }) => make().name).filter((name) => !drawn.has(name))).toEqual([]);
});

describe(`engines agree on larger histories (seed ${base})`, () => {
  // Containers that are searched by asking the spec are slow to agree on long histories.
  const searched = /^(stack|priority|bag|queue|transactions)/;
  it.each(fuzzed)(
    "of $name",
    (object) => {
      expectEnginesAgree(object, { base, count: searched.test(object.name) ? 200 : 1000, operations: searched.test(object.name) ? 16 : 60 });
    },
    600_000,
  );
});

describe(`a monitor's order explains every answer (seed ${base})`, () => {
  it.each(monitored)(
    "of 10,000 random histories of $name",
    (object) => {
      expectSmallOrders(object, { base, count: 10_000 });
    },
    600_000,
  );

  it.each(monitored)("of 100,000 operations on $name", (object) => {
    expectLongOrder(object, 100_000);
  });
});

describe("an open problem: 100,000 operations of 50 clients, 1 % crashed", () => {
  it.each(["1", "2", "3", "4", "5"])(
    "seed %s is decided in a million configurations",
    (number) => {
      const call = (random: Random): Call => [read(), write(random.int(5)), cas(random.int(5), random.int(5))][random.int(3)]!;
      const shape = { spec: casRegister(0), call, operations: 100_000, clients: 50, crashRatio: 0.01, lies: 0, busy: true };
      const history = randomHistory(shape, new Random(seed(`bench/${number}`)));

      expect(checkLinearizable(history, casRegister(0), { budget: steps(1_000_000), explain: false }).verdict).toBe("valid");
    },
    60_000,
  );
});
