import { describe, expect, it } from "vitest";
import { explore } from "../../../checkers/model/explore.ts";
import type { SystemDefinition } from "../../../harness/actor.ts";
import { parseSettings } from "../../../harness/options.ts";
import { lease, leaseDrift } from "./definition.ts";

describe("a lease", () => {
  it.each([[[]], [["driftPercent=40"]], [["losses=1", "timers=5"]], [["partitions=1"]], [["order=any", "servers=4"]]])("%o has one holder at most, within the bound of drift", (settings) => {
    expect(brokenIn(lease, settings)).toEqual([]);
  });

  it("whose holder counts as long as the grantor is safe on perfect clocks, and breaks on clocks that drift by a hundredth", () => {
    expect(brokenIn(leaseDrift, ["driftPercent=0"])).toEqual([]);
    expect(brokenIn(leaseDrift, ["driftPercent=1"])).toEqual(["one holder"]);
  });

  it("breaks where clocks drift further than it was made for", () => {
    const system = lease.make(parseSettings([], lease.options, lease.name));

    expect(explore({ ...system, model: { ...system.model, clocks: { driftRatio: 0.06 } } }).discoveries.map(({ property }) => property)).toEqual(["one holder"]);
    // Where durations mean nothing, no lease is safe.
    const { clocks: _, ...timeless } = system.model;
    expect(explore({ ...system, model: timeless }).discoveries.map(({ property }) => property)).toEqual(["one holder"]);
  });

  it("has the same states compared whole, and depth first", () => {
    const system = lease.make(parseSettings([], lease.options, lease.name));
    const { unique, generated } = explore(system);

    expect(explore(system, { exact: true })).toMatchObject({ unique, generated });
    expect(explore(system, { order: "depth" })).toMatchObject({ unique, generated });
  });
});

function brokenIn(definition: SystemDefinition, settings: readonly string[]): string[] {
  const found = explore(definition.make(parseSettings(settings, definition.options, definition.name)));
  expect(found.complete).toBe(true);
  return found.discoveries.map(({ property }) => property);
}
