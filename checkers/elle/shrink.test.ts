import { describe, expect, it } from "vitest";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import { checkElle } from "./elle.ts";
import { smallestWith } from "./shrink.ts";
import { simulate } from "./testing/simulate.ts";

describe("the smallest sub-history with an anomaly", () => {
  it.each(["list-append", "rw-register"] as const)("still shows it, and no longer when any transaction is left out (%s)", (workload) => {
    let shrunk = 0;
    for (let i = 0; i < 6; i++) {
      const name = `shrink-${i}`;
      const history = simulate({ workload, level: "read-committed", transactions: 120, concurrency: 5, keys: 3, writesPerKey: 12, lengthMax: 4, failRatio: 0.02, infoRatio: 0.02, random: new Random(seed(name)) });
      for (const type of checkElle(history, workload, { wfrKeys: true }).types) {
        const small = smallestWith(history, workload, type, { wfrKeys: true })!;
        shrunk++;

        const shows = (candidate: typeof small): boolean => checkElle(candidate, workload, { wfrKeys: true }).findings.count(type) > 0;
        expect(shows(small), `${name} ${type}`).toBe(true);
        expect(small.operationCount).toBeLessThan(12);
        for (const { invocation } of small.operations()) expect(shows(small.filter((operation) => operation.invocation.index !== invocation.index)), `${name} ${type}`).toBe(false);
      }
    }
    expect(shrunk).toBeGreaterThan(5);
  });

  it("is none when the history does not show the anomaly", () => {
    const history = simulate({ workload: "list-append", level: "strict-serializable", transactions: 50, concurrency: 3, keys: 2, writesPerKey: 12, lengthMax: 3, failRatio: 0, infoRatio: 0, random: new Random(seed("faultless")) });

    expect(smallestWith(history, "list-append", "G0")).toBeUndefined();
  });
});
