import { describe, expect, it } from "vitest";
import { explore } from "../../../checkers/model/explore.ts";
import { parseSettings } from "../../../harness/options.ts";
import { stateSync } from "./definition.ts";

/** Every strategy that the options can say. */
const strategies = ["functions", "differences", "copies"].flatMap((letters) =>
  ["push", "pull"].flatMap((flow) => ["redelivery", "current-state"].flatMap((catchUp) => ["numbers", "hashes"].map((names) => [letters, flow, catchUp, names] as const))),
);

describe("state synchronisation", () => {
  it.each(strategies)("by %s, %s, %s and %s is right in every order of letters, one of them lost, and can catch up", (letters, flow, catchUp, names) => {
    const texts = [`letters=${letters}`, `flow=${flow}`, `catch-up=${catchUp}`, `names=${names}`, `timers=${flow === "pull" ? 2 : 0}`, "duplicates=0"];
    const found = explore(stateSync.make(parseSettings(texts, stateSync.options, "state-sync")));

    expect(found.complete).toBe(true);
    expect(found.discoveries.map(({ property }) => property)).toEqual(["all are current"]);
  });

  it("catches up by the current state when the log is too short", () => {
    const found = explore(stateSync.make(parseSettings(["log=1", "duplicates=0"], stateSync.options, "state-sync")));

    expect(found.complete).toBe(true);
    expect(found.discoveries.map(({ property }) => property)).toEqual(["all are current"]);
  });
});
