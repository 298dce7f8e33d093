import { describe, expect, it } from "vitest";
import { steps } from "../../harness/budget.ts";
import { seed } from "../../harness/ids.ts";
import { read, register, write } from "../../harness/objects/register.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import { checkLinearizable } from "./linearizability.ts";
import { OnlineLinearizability } from "./online.ts";
import { randomHistory } from "./testing/random-history.ts";
import { fuzzed } from "./testing/shapes.ts";

describe("the online checker", () => {
  it("finds a violation soon after it happened, long before the end", () => {
    const random = new Random(seed("online"));
    const shape = { spec: register(0), call: (r: Random) => (r.chance(0.5) ? read() : write(r.int(4))), operations: 4000, clients: 3, crashRatio: 0.002, lies: 0 };
    const ops = [...randomHistory(shape, random)];
    const place = ops.findIndex((op, i) => i > 1000 && op.type === "ok" && op.f === "read");
    const lying = ops.map((op, i) => (i === place ? { ...op, value: 77 } : op));
    const online = new OnlineLinearizability(register(0), { windowOps: 16, budget: () => steps(100_000) });

    const stopped = lying.find((op) => online.push(op) !== undefined);

    expect(stopped?.index).toBeGreaterThanOrEqual(place);
    expect(stopped?.index).toBeLessThan(place + 500);
    expect(online.violation?.explanation).toMatch(/no order explains ops \d+ to \d+, from any state that the ops before them can have led to: the register holds/);
  });

  it("finds a violation under a load that never pauses, long before the end", () => {
    const shape = { spec: register(0), call: (r: Random, serial: number) => (r.chance(0.5) ? read() : write(serial + 1)), operations: 8000, clients: 5, crashRatio: 0, lies: 0, busy: true };
    const ops = [...randomHistory(shape, new Random(seed("busy")))];
    const place = ops.findIndex((op, i) => i > 2000 && op.type === "ok" && op.f === "read");
    const lying = ops.map((op, i) => (i === place ? { ...op, value: 1 } : op));
    const online = new OnlineLinearizability(register(0), { windowOps: 16, budget: () => steps(100_000) });

    const stopped = lying.find((op) => online.push(op) !== undefined);

    expect(stopped?.index).toBeGreaterThanOrEqual(place);
    expect(stopped?.index).toBeLessThan(2 * place + 10);
  });

  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
  it.each(fuzzed)(`never raises a false alarm, and misses nothing in what it judged, on $name (seed ${base})`, ({ name, spec, call, made = spec }) => {
    for (let i = 0; i < 25; i++) {
      const random = new Random(seed(`${base}/online/${name}/${i}`));
      const shape = { spec: made, call, operations: 10 + random.int(30), clients: 2 + random.int(2), crashRatio: random.pick([0, 0.05]), lies: random.int(3), busy: random.chance(0.5) };
      const history = randomHistory(shape, random);
      const online = new OnlineLinearizability(spec, { windowOps: random.pick([2, 4, 8]), budget: () => steps(20_000) });
      for (const op of history) online.push(op);
      online.finish();
      const verdict = checkLinearizable(history, spec, { budget: steps(50_000), explain: false }).verdict;

      // Some objects' wrong histories have more orders than there is memory: those are no oracle.
      if (verdict === "unknown") continue;
      if (online.violation !== undefined) expect(verdict, `history ${i}`).toBe("invalid");
      else if (online.judged === online.seen) expect(verdict, `history ${i}`).toBe("valid");
    }
  });
});
