import { describe, expect, it } from "vitest";
import { systemDefinitions } from "../../clusters/systems/registry.ts";
import type { SystemDefinition } from "../../harness/actor.ts";
import { type OptionSpec, parseSettings, type Settings } from "../../harness/options.ts";
import { type ExplorableModel, explore } from "./explore.ts";
import { findModel } from "./fixtures.ts";

/**
 * The cross-check of every reduction: the set of histories that clients can see on the way, the set of those in which
 * runs end, and which properties break must be those of the full exploration.
 */
const cases: readonly (readonly [string, readonly string[], seed: number])[] = [
  ["single-copy-register", ["servers=2"], 5],
  ["single-copy-register", ["clients=3"], 1],
  ["single-copy-register", ["clients=3", "network=ordered"], 1],
  ["linearizable-register", ["servers=2"], 1],
  ["linearizable-register", ["servers=2", "network=ordered"], 1],
  ["linearizable-register", ["servers=2", "clients=3"], 1],
  ["linearizable-register", ["servers=2", "clients=3"], 5_000],
  ["linearizable-register", ["servers=2", "clients=3", "network=ordered"], 5_000],
  ["linearizable-register", ["servers=2", "clients=3", "bug=no-write-back"], 5_000],
  ["paxos", [], 1],
  ["paxos", [], 3_000],
  ["paxos", ["network=ordered"], 3_000],
  ["paxos", ["bug=no-adoption"], 3_000],
  ["abd", ["clients=1", "crashes=1", "timers=1"], 1_000],
  ["abd", ["clients=1", "losses=1", "timers=1"], 1_000],
  ["abd", ["clients=1", "duplicates=1"], 1_000],
  ["abd", ["servers=2"], 1_000],
  ["abd", ["servers=2", "order=any"], 1_000],
  ["abd", ["clients=1", "partitions=1"], 500],
  ["abd-fast-read", ["clients=1", "partitions=1", "order=any"], 100],
  ["abd-fast-read", [], 1],
  ["abd-fast-read", [], 5_000],
  ["abd-amnesia", ["clients=1"], 1_000],
  ["raft-register", ["timers=1"], 1_000],
];

/** Every system is cross-checked, within the first of these bounds in which its space is small. */
const smallEnough = 6_000;
function smallBounds(definition: SystemDefinition): readonly string[] {
  const has = (setting: string): boolean => definition.options.some(({ name }) => name === setting.split("=")[0]);
  const quiet = ["clients=1", "crashes=0", "losses=0", "duplicates=0"];
  const tries = [[], ["clients=1"], quiet, [...quiet, "timers=2"], [...quiet, "timers=1"], [...quiet, "timers=0"]].map((settings) => settings.filter(has));
  const fits = tries.find((settings) => explore(make(definition.name, settings), { statesMax: smallEnough, track: "monitor" }).complete);
  if (fits === undefined) throw new Error(`${definition.name} has more than ${smallEnough} states within its least bounds: give it an option that makes it smaller`);
  return fits;
}

describe("reductions change no outcome", () => {
  it.each(cases)("%s %o, begun after %i states", crossCheck);

  it.each(systemDefinitions)("$name, within small bounds", (definition) => {
    crossCheck(definition.name, smallBounds(definition), 300);
  });

  function crossCheck(name: string, settings: readonly string[], seed: number): void {
    const full = explore(make(name, settings));
    const reduced = explore(make(name, settings), { reduceAfter: seed });

    expect(reduced.complete).toBe(true);
    // Where durations matter, nothing is left out.
    if (full.unique > 2 * seed + 100 && full.bounds.driftRatio === undefined) expect(reduced.reducedPasses).toBeGreaterThan(0);
    expect(reduced.unique).toBeLessThanOrEqual(full.unique);
    expect([...reduced.outcomes!.all].sort()).toEqual([...full.outcomes!.all].sort());
    expect([...reduced.outcomes!.terminal].sort()).toEqual([...full.outcomes!.terminal].sort());
    expect(reduced.discoveries.map(({ property }) => property).sort()).toEqual(full.discoveries.map(({ property }) => property).sort());
  }

  it("what fits the full exploration is not reduced", () => {
    const found = explore(make("linearizable-register", ["servers=2"]), { reduceAfter: 10_000 });

    expect([found.unique, found.reducedPasses]).toEqual([544, 0]);
  });
});

function make(name: string, settings: readonly string[]): ExplorableModel {
  const system = systemDefinitions.find((definition) => definition.name === name);
  const definition: { readonly options: readonly OptionSpec[]; make(settings: Settings): ExplorableModel } = system ?? findModel(name);
  // What must come to pass is decided on all transitions, which are then explored in full.
  return { ...definition.make(parseSettings(settings, definition.options, name)), liveness: [] };
}
