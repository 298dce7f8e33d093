import { describe, expect, it } from "vitest";
import { explore } from "../../../checkers/model/explore.ts";
import { parseSettings } from "../../../harness/options.ts";
import type { System } from "../../../harness/actor.ts";
import { stateSync } from "./definition.ts";
import { measureStrategy, type MeasureOptions } from "./measure.ts";
import { type Strategy, strategies } from "./state-sync.ts";

function system({ letters, flow, catchUp, names }: Strategy, ...more: readonly string[]): System {
  const texts = [`letters=${letters}`, `flow=${flow}`, `catch-up=${catchUp}`, `names=${names}`, `timers=${flow === "pull" ? 2 : 0}`, "duplicates=0", ...more];
  return stateSync.make(parseSettings(texts, stateSync.options, "state-sync"));
}

describe("state synchronisation", () => {
  it.each(strategies)("by $letters, $flow, $catchUp and $names is right in every order of letters, one of them lost, and can catch up", (strategy) => {
    const found = explore(system(strategy));

    expect(found.complete).toBe(true);
    expect(found.discoveries.map(({ property }) => property)).toEqual(["all are current"]);
  });

  it("catches up by the current state when the log is too short", () => {
    const found = explore(system({ letters: "functions", flow: "push", catchUp: "redelivery", names: "numbers" }, "log=1"));

    expect(found.complete).toBe(true);
    expect(found.discoveries.map(({ property }) => property)).toEqual(["all are current"]);
  });

  const hard: MeasureOptions = { seed: "measure", copies: 3, fields: 10, changes: 200, everyMs: 20, losses: 0.2, duplicates: 0.1, delayMs: 20, syncMs: 100, logMax: 20, outageMs: [1000, 2000] };

  it.each(strategies)("by $letters, $flow, $catchUp and $names brings every copy to the author's state over links that lose a fifth", (strategy) => {
    expect(measureStrategy(strategy, hard)).toMatchObject({ converged: true });
  });

  it("is measured the same every time", () => {
    expect(measureStrategy(strategies[0]!, hard)).toEqual(measureStrategy(strategies[0]!, hard));
    expect(measureStrategy(strategies[0]!, { ...hard, seed: "another" })).not.toEqual(measureStrategy(strategies[0]!, hard));
  });

  it("without loss, repetition or outage needs one message a change and copy when copies are pushed by number", () => {
    const calm = { ...hard, losses: 0, duplicates: 0, outageMs: [0, 0] as const, syncMs: 1_000_000 };

    expect(measureStrategy({ letters: "copies", flow: "push", catchUp: "current-state", names: "numbers" }, calm).messages).toBe(calm.changes * calm.copies);
  });
});
