import { describe, expect, it } from "vitest";
import { systemDefinitions } from "../../clusters/systems/registry.ts";
import { type OptionSpec, type OptionValue, parseSettings, type Settings } from "../../harness/options.ts";
import { type ExplorableModel, explore, type ExploreOptions } from "./explore.ts";
import { findModel } from "./fixtures.ts";

/** The large rows of the table of exact counts; the small ones are in `explore.test.ts`. */
const rows: readonly (readonly [string, { readonly [name: string]: OptionValue }, ExploreOptions, number, number, number])[] = [
  ["single-copy-register", { clients: 4 }, {}, 400_233, 731_789, 17],
  ["single-copy-register", { clients: 4 }, { track: "monitor" }, 56_881, 175_565, 17],
  ["linearizable-register", { network: "ordered" }, {}, 1_212_979, 4_730_934, 41],
  ["linearizable-register", { servers: 2, clients: 3, bug: "answer-before-quorum" }, {}, 285_798, 657_066, 37],
  ["linearizable-register", { bug: "no-write-back" }, {}, 2_433_797, 9_110_606, 27],
  ["linearizable-register", {}, {}, 41_138_199, 194_646_243, 33],
  ["linearizable-register", {}, { track: "monitor" }, 28_677_944, 143_644_425, 33],
  ["paxos", { clients: 3 }, {}, 1_194_428, 2_420_477, 28],
  ["two-phase-commit", { rms: 8 }, {}, 1_745_408, 18_507_778, 26],
  ["raft", { depth: 10 }, {}, 1_062_112, 3_184_717, 10],
  ["lww-register", { depth: 8 }, {}, 1_109_291, 3_049_418, 8],
  ["interaction", { depth: 30 }, {}, 7_594_721, 38_944_313, 30],
];

/** Reduced, each has the outcomes of the full space; the small cases are in `reduction.test.ts`. */
const reductions: readonly (readonly [string, readonly string[], seed: number])[] = [
  ["abd", [], 20_000],
  ["abd", ["clients=1", "losses=1", "duplicates=1", "timers=1"], 1_000],
  ["abd-amnesia", [], 200_000],
  ["abd-fast-read", ["order=any"], 5_000],
  ["linearizable-register", ["servers=2", "clients=3", "bug=answer-before-quorum"], 5_000],
  ["paxos", ["clients=3"], 20_000],
  ["single-copy-register", ["clients=4"], 20_000],
  ["linearizable-register", ["network=ordered"], 20_000],
];

describe("reductions of large spaces change no outcome", () => {
  it.each(reductions)("%s %o, begun after %i states", { timeout: 900_000 }, (name, settings, reduceAfter) => {
    const system = systemDefinitions.find((definition) => definition.name === name);
    const definition: { readonly options: readonly OptionSpec[]; make(settings: Settings): ExplorableModel } = system ?? findModel(name);
    const make = (): ExplorableModel => definition.make(parseSettings(settings, definition.options, name));
    const full = explore(make());
    const reduced = explore(make(), { reduceAfter });

    expect(reduced.complete).toBe(true);
    expect(reduced.unique).toBeLessThanOrEqual(full.unique);
    expect([...reduced.outcomes!.all].sort()).toEqual([...full.outcomes!.all].sort());
    expect([...reduced.outcomes!.terminal].sort()).toEqual([...full.outcomes!.terminal].sort());
  });

  it("linearizable-register 2c/3s, reduced, has the 33 histories of its 41 million states, 12 of them at the end", { timeout: 900_000 }, () => {
    const definition = findModel("linearizable-register");
    const found = explore(definition.make(parseSettings([], definition.options, definition.name)), { reduceAfter: 20_000 });

    expect(found.unique).toBeLessThan(700_000);
    expect([found.outcomes!.all.size, found.outcomes!.terminal.size]).toEqual([33, 12]);
  });

  it("abd with two clients and three replicas shrinks by more than half, on FIFO links", { timeout: 900_000 }, () => {
    const definition = systemDefinitions.find(({ name }) => name === "abd")!;
    const found = explore({ ...definition.make(parseSettings([], definition.options, "abd")), liveness: [] }, { reduceAfter: 20_000 });

    expect(found.complete).toBe(true);
    expect(found.unique).toBeLessThan(1_400_000);
    expect([found.outcomes!.all.size, found.outcomes!.terminal.size]).toEqual([140, 34]);
  });
});

it("raft-register goes on in full: to decide about its 1,834 local states costs more than the rest of 4.8 million states", { timeout: 900_000 }, () => {
  const definition = systemDefinitions.find(({ name }) => name === "raft-register")!;
  const found = explore(definition.make(parseSettings([], definition.options, definition.name)), { reduceAfter: 2_000_000 });

  expect([found.unique, found.generated, found.depth]).toEqual([4_791_860, 20_347_249, 42]);
  expect([found.reductionSkipped, found.reducedPasses, found.complete]).toEqual([true, 0, true]);
});

describe("exact counts of large spaces", () => {
  it.each(rows)("%s %o %o has %i states", { timeout: 900_000 }, (name, settings, options, unique, generated, depth) => {
    const definition = findModel(name);
    const texts = Object.entries(settings).map(([key, value]) => `${key}=${value}`);

    const found = explore(definition.make(parseSettings(texts, definition.options, name)), options);

    expect([found.unique, found.generated, found.depth]).toEqual([unique, generated, depth]);
  });

  it("linearizable-register 2c/3s on FIFO links is made of 61 local states, 85 messages and 33 histories, 15 of them at the end", { timeout: 900_000 }, () => {
    const definition = findModel("linearizable-register");
    const found = explore(definition.make(parseSettings(["network=ordered"], definition.options, definition.name)));

    expect([found.coverage.localStates, found.coverage.messages, found.outcomes!.all.size, found.outcomes!.terminal.size]).toEqual([61, 85, 33, 15]);
  });

  it("single-copy-register with four clients has 89,145 histories", () => {
    const definition = findModel("single-copy-register");
    const found = explore(definition.make(parseSettings(["clients=4"], definition.options, definition.name)));

    expect(found.outcomes!.all.size).toBe(89_145);
  });

  it("raft without persistence elects two leaders in one term after eight steps", { timeout: 900_000 }, () => {
    const definition = findModel("raft");
    const found = explore(definition.make(parseSettings(["depth=10"], definition.options, "raft")), { stopAtCounterexample: true });

    expect(found.discoveries.at(-1)).toMatchObject({ property: "election safety", kind: "counterexample", length: 8 });
  });
});
