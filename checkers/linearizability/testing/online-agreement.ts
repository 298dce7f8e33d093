import { expect } from "vitest";
import { steps } from "../../../harness/budget.ts";
import { seed } from "../../../harness/ids.ts";
import { Random } from "../../../harness/random.ts";
import { checkLinearizable } from "../linearizability.ts";
import { OnlineLinearizability } from "../online.ts";
import { randomHistory } from "./random-history.ts";
import type { Fuzzed } from "./shapes.ts";

/** On random histories the online checker raises no false alarm, and misses nothing in what it judged; the whole check is the oracle. */
export function expectOnlineAgrees({ name, spec, call, made = spec }: Fuzzed, run: { readonly base: string; readonly count: number }): void {
  for (let i = 0; i < run.count; i++) {
    const label = `${run.base}/online/${name}/${i}`;
    const random = new Random(seed(label));
    const shape = { spec: made, call, operations: 10 + random.int(30), clients: 2 + random.int(2), crashRatio: random.pick([0, 0.05]), lies: random.int(3), busy: random.chance(0.5) };
    const history = randomHistory(shape, random);
    const online = new OnlineLinearizability(spec, { windowOps: random.pick([2, 4, 8]), budget: () => steps(20_000) });
    for (const op of history) online.push(op);
    online.finish();
    const { verdict } = checkLinearizable(history, spec, { budget: steps(50_000), explain: false });

    // Some objects' wrong histories have more orders than there is memory: those are no oracle.
    if (verdict === "unknown") continue;
    if (online.violation !== undefined) expect(verdict, `seed ${label}`).toBe("invalid");
    else if (online.judged === online.seen) expect(verdict, `seed ${label}`).toBe("valid");
  }
}
