import { describe, expect, it } from "vitest";
import { steps } from "../../harness/budget.ts";
import { seed } from "../../harness/ids.ts";
import { read, register, write } from "../../harness/objects/register.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import { OnlineLinearizability } from "./online.ts";
import { expectOnlineAgrees } from "./testing/online-agreement.ts";
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
  it.each(fuzzed)(`never raises a false alarm, and misses nothing in what it judged, on $name (seed ${base})`, (object) => {
    expectOnlineAgrees(object, { base, count: 25 });
  });
});
