import { describe, it } from "vitest";
import { freshSeed } from "../../harness/random.ts";
import { expectLongOrder, expectSmallOrders, monitored } from "./testing/monitor-orders.ts";

describe("a monitor's order explains every answer", () => {
  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();

  it.each(monitored)(`of 200 random histories of $name (seed ${base})`, (object) => {
    expectSmallOrders(object, { base, count: 200 });
  });

  it.each(monitored)("of 20,000 operations on $name", (object) => {
    expectLongOrder(object, 20_000);
  });
});
