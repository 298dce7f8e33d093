import { describe, expect, it } from "vitest";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import { historyOfPlain, keepsWeakLevel, randomTransactions } from "./testing/weak-brute-force.ts";
import { checkWeak, weakLevels } from "./weak.ts";

describe.each(weakLevels)("%s against every commit order", (level) => {
  it("is granted exactly when some order keeps its definition, over 30,000 seeds", () => {
    for (let i = 0; i < 30_000; i++) {
      const name = `long-orders-${i}`;
      const random = new Random(seed(name));
      const transactions = randomTransactions(random, random.between(2, 6));

      expect(checkWeak(historyOfPlain(transactions), level).valid, `seed ${name}: ${JSON.stringify(transactions)}`).toBe(keepsWeakLevel(transactions, level));
    }
  }, 600_000);
});
