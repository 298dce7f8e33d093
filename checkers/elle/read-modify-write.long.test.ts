import { expect, it } from "vitest";
import { freshSeed } from "../../harness/random.ts";
import { agreement } from "./testing/rmw-agreement.ts";

it("read-modify-write registers: agrees with all orders of 10,000 small histories", () => {
  const label = `rmw-${freshSeed()}`;
  const seen = agreement({ histories: 10_000, label });
  console.log(`seed ${label}: ${JSON.stringify({ ...seen, disagreements: seen.disagreements.length })}`);

  expect(seen.disagreements).toEqual([]);
});
