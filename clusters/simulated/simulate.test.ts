import { describe, expect, it } from "vitest";
import { findModel } from "../../checkers/model/fixtures.ts";
import { replay } from "../../checkers/model/replay.ts";
import type { System, SystemDefinition } from "../../harness/actor.ts";
import { assert } from "../../harness/assert.ts";
import { parseSettings } from "../../harness/options.ts";
import { abd, abdAmnesia, abdFastRead } from "../systems/abd/definition.ts";
import { simulate, simulationStrategies } from "./simulate.ts";

describe.each(simulationStrategies)("simulation, %s", (strategy) => {
  it("finds the stale read of abd-fast-read and shrinks it", () => {
    const found = simulate(make(abdFastRead), { runs: 300, seed: 1, strategy });
    const bad = found.firstBad!;

    expect(bad.property).toBe("linearizable");
    expect(bad.shrunk.schedule.length).toBeLessThanOrEqual(bad.schedule.length);
    expect(bad.shrunk.schedule.length).toBeGreaterThanOrEqual(10);
    expect([...replay(make(abdFastRead), bad.shrunk.schedule).history]).toMatchObject([...bad.shrunk.history].map(({ process, type, f, value }) => ({ process, type, f, value })));
  });

  it("sees nothing wrong with abd", () => {
    const found = simulate(make(abd, ["crashes=1", "losses=1", "duplicates=1", "timers=2"]), { runs: 200, seed: 1, strategy });

    expect([found.runs, found.bad, found.ended]).toEqual([200, 0, 200]);
  });

  it("repeats a run exactly from its seed and number, whatever ran before", () => {
    const system = make(abdFastRead);
    const whole = simulate(system, { runs: 300, seed: "again", strategy });
    const { run, schedule } = whole.firstBad!;

    const alone = simulate(system, { runs: 1, firstRun: run, seed: "again", strategy });

    expect(alone.firstBad!.schedule).toEqual(schedule);
    expect(alone.observed).toEqual([whole.observed[run]]);
  });

  it("runs actors that keep what they ignore, to their end", () => {
    const definition = findModel("linearizable-register");
    const model = definition.make(parseSettings(["servers=2"], definition.options, definition.name));
    assert("parties" in model, "the register's model is made of actors");
    const found = simulate(model, { runs: 100, seed: 5, strategy });

    expect([found.bad, found.ended]).toEqual([0, 100]);
    expect(found.outcomes.size).toBeGreaterThan(1);
  });
});

it("finds that abd-amnesia forgets, which takes a crash at the right moment", () => {
  const found = simulate(make(abdAmnesia), { runs: 4_000, seed: 1, strategy: "latency", stopAtFirstBad: true });

  expect(found.firstBad?.shrunk.schedule.some(({ step }) => step === "crash")).toBe(true);
});

function make(definition: SystemDefinition, settings: readonly string[] = []): System {
  return definition.make(parseSettings(settings, definition.options, definition.name));
}
