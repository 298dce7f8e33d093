import { describe, expect, it } from "vitest";
import { callsOf } from "../harness/generator/calls.ts";
import { beside, nemesis } from "../harness/generator/clients.ts";
import { phases } from "../harness/generator/phases.ts";
import { repeat } from "../harness/generator/repeat.ts";
import { invocations, simulate } from "../harness/generator/simulate.ts";
import { timeLimit } from "../harness/generator/time-limit.ts";
import type { OpGenerator } from "../harness/generator.ts";
import { seed } from "../harness/ids.ts";
import { Random } from "../harness/random.ts";
import { faultSchedule, finalHeal, type ScheduleOptions } from "./schedule.ts";

const base: ScheduleOptions = { faults: ["kill", "isolate", "pause"], everyMs: 100, durationMs: 40, untilMs: 700, seed: seed(1) };

/** `60 isolate`: when each op of the nemesis begins, in ms, and what it is. */
function schedule(generator: OpGenerator, latencyMs: (f: string) => number = () => 0): string[] {
  const history = simulate(generator, { concurrency: 2, complete: (op) => ({ outcome: { type: "info", value: op.value }, latencyNs: latencyMs(op.f) * 1e6 }) });
  return invocations(history).flatMap((op) => (op.process < 0 ? [`${op.timeNs / 1e6} ${op.f}`] : []));
}
const names = (lines: string[]): string[] => lines.map((line) => line.split(" ")[1]!).filter((name) => !name.startsWith("heal"));

describe("a schedule", () => {
  it("turns faults on and off, one at a time, after a quiet start, each once before any comes twice", () => {
    const lines = schedule(faultSchedule(base));

    expect(lines.map((line) => line.split(" ")[0])).toEqual(["60", "100", "160", "200", "260", "300", "360", "400", "460", "500", "560", "600", "660", "700"]);
    const order = names(lines);
    expect(order.slice(0, 3).sort()).toEqual(["isolate", "kill", "pause"]);
    expect(order.slice(3, 6).sort()).toEqual(["isolate", "kill", "pause"]);
    expect(lines.filter((_, i) => i % 2 === 1).map((line) => line.split(" ")[1])).toEqual(order.map((name) => `heal-${name}`));
  });

  it("is the same for the same seed and the same set of faults, whatever their order, and differs between seeds", () => {
    const first = schedule(faultSchedule(base));
    expect(schedule(faultSchedule({ ...base, faults: ["pause", "isolate", "kill"] }))).toEqual(first);
    const orders = new Set(Array.from({ length: 20 }, (_, i) => names(schedule(faultSchedule({ ...base, seed: seed(i) }))).join(" ")));
    expect(orders.size).toBeGreaterThan(5);
  });

  it("never has the same fault twice in a row when there are several", () => {
    for (let i = 0; i < 50; i++) {
      const order = names(schedule(faultSchedule({ ...base, faults: ["a", "b"], untilMs: 2000, seed: seed(i) })));
      for (const [place, name] of order.entries()) expect(name, `seed ${i}: ${order.join(" ")}`).not.toBe(order[place + 1]);
    }
  });

  it("may give a fault its own length and its own quiet start", () => {
    const lines = schedule(faultSchedule({ ...base, faults: ["kill"], durationsMs: { kill: 70 }, quietMs: 5, untilMs: 200 }));

    expect(lines).toEqual(["5 kill", "75 heal-kill", "105 kill", "175 heal-kill"]);
  });

  it("lets a fault last from when it is in effect, and shortens no quiet below its half when recovery is slow", () => {
    const lines = schedule(faultSchedule({ ...base, faults: ["kill"], untilMs: 500 }), (f) => (f === "kill" ? 25 : 50));

    // In effect at 85, healed at 125 + 50 = 175, next at the later of 60 + 100 and 175 + 30.
    expect(lines).toEqual(["60 kill", "125 heal-kill", "205 kill", "270 heal-kill", "350 kill", "415 heal-kill"]);
  });

  it("keeps its promises whatever injections and recoveries cost", () => {
    for (let i = 0; i < 60; i++) {
      const random = new Random(seed(`costs ${i}`));
      const options = { ...base, untilMs: 5000, seed: seed(i) };
      const history = simulate(nemesis(faultSchedule(options)), {
        concurrency: 2,
        complete: (op) => ({ outcome: { type: "info", value: op.value }, latencyNs: random.int(random.pick([1, 50, 300])) * 1e6 }),
      });

      const ms = (index: number): number => history[index]!.timeNs / 1e6;
      expect(history.length % 4, `seed ${i}`).toBe(0);
      for (let at = 0; at < history.length; at += 4) {
        const [begin, injected, heal, healed] = history.slice(at, at + 4);
        expect([injected!.f, heal!.f, healed!.f], `seed ${i}`).toEqual([begin!.f, `heal-${begin!.f}`, `heal-${begin!.f}`]);
        expect(ms(at + 2) - ms(at + 1), `seed ${i}: time on`).toBeCloseTo(options.durationMs);
        expect(ms(at), `seed ${i}: begins in time to last`).toBeLessThanOrEqual(5000 - options.durationMs);
        if (at === 0) continue;
        expect(ms(at) - ms(at - 4), `seed ${i}: every`).toBeGreaterThanOrEqual(options.everyMs);
        expect(ms(at) - ms(at - 1), `seed ${i}: quiet`).toBeGreaterThanOrEqual((options.everyMs - options.durationMs) / 2);
      }
    }
  });

  it("begins no fault that could not last", () => {
    expect(schedule(faultSchedule({ ...base, untilMs: 139 }))).toHaveLength(2);
    expect(schedule(faultSchedule({ ...base, untilMs: 99 }))).toEqual([]);
  });

  it("without faults is empty", () => {
    expect(schedule(faultSchedule({ ...base, faults: [] }))).toEqual([]);
  });

  it("runs beside clients until a limit cuts it, and the final heal is a phase of its own", () => {
    const faults = faultSchedule({ ...base, faults: ["kill"] });
    const { untilMs: _, ...endless } = { ...base, faults: ["kill"] };
    const reads = repeat(callsOf([{ f: "read", value: null }]));
    const main = timeLimit(80, beside({ clients: reads, nemesis: faultSchedule(endless) }));

    expect(schedule(phases(main, nemesis(finalHeal())), () => 5)).toEqual(["60 kill", "80 heal"]);
    expect(schedule(phases(timeLimit(1000, nemesis(faults)), nemesis(finalHeal())), () => 0).at(-1)).toBe("700 heal");
  });
});
