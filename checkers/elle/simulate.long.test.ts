import { describe, expect, it } from "vitest";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import { checkElle } from "./elle.ts";
import { levels, simulate } from "./testing/simulate.ts";

const kept = { "strict-serializable": "strict-serializable", serializable: "serializable", "snapshot-isolation": "strong-snapshot-isolation", "read-committed": "read-committed" } as const;

describe.each(levels)("a %s database", (level) => {
  it.each(["list-append", "rw-register"] as const)(
    "is never accused of breaking its own level, over 10,000 seeds (%s)",
    (workload) => {
      for (let i = 0; i < 10_000; i++) {
        const name = `long-${level}-${i}`;
        const random = new Random(seed(name));
        const history = simulate({ workload, level, transactions: 40, concurrency: random.between(2, 10), keys: random.between(1, 5), writesPerKey: 12, lengthMax: random.between(1, 6), failRatio: 0.05, infoRatio: 0.05, random });

        const result = checkElle(history, workload, { models: [kept[level]] });

        expect(result.types.filter((type) => type !== "empty-transaction-graph"), `seed ${name}`).toEqual([]);
      }
    },
    1_200_000,
  );
});
