import { describe, expect, it } from "vitest";
import { type Exploration, explore } from "../../checkers/model/explore.ts";
import { replay } from "../../checkers/model/replay.ts";
import type { System } from "../../harness/actor.ts";
import { parseSettings } from "../../harness/options.ts";
import { simulate } from "../simulated/simulate.ts";
import { findSystem } from "./registry.ts";

/** What breaks first, after how many steps, when one server's disk loses a write that it had called synced. */
const broken: readonly (readonly [name: string, property: string, length: number])[] = [
  ["abd", "linearizable", 17],
  ["single-copy", "linearizable", 11],
  ["primary-backup", "linearizable", 14],
  ["chain", "linearizable", 14],
  ["paxos-consensus", "linearizable", 17],
  ["raft-register", "election safety", 9],
  ["atomic-commit", "one decision", 15],
  ["geo-store", "every centre has what was acknowledged", 9],
];

/** Systems that save what nobody is told of yet, so that there is a write to lose. */
const silent: readonly (readonly [name: string, settings: readonly string[]])[] = [
  ["atomic-commit", []],
  ["pn-counter", ["timers=0"]],
  ["or-set", ["timers=0"]],
  ["lww-map", ["timers=0"]],
];

describe("a disk that lies about a sync", () => {
  it.each(broken)("breaks %s: %s, after %i steps", (name, property, length) => {
    const { discoveries } = explore(make(name, ["lostWrites=1"]), { track: "monitor", stopAtCounterexample: true });

    expect(discoveries.find(({ kind }) => kind === "counterexample")).toMatchObject({ property, length });
  });

  it.each(["single-copy", "chain", "atomic-commit", "geo-store"])("breaks %s in the simulator, and the shrunk schedule says where the write was lost", (name) => {
    const system = make(name, ["lostWrites=1"]);
    const { firstBad } = simulate(system, { runs: 3_000, seed: 1, strategy: "latency", stopAtFirstBad: true });

    const { schedule } = firstBad!.shrunk;
    expect(schedule.filter(({ step }) => step === "loseWrite")).toHaveLength(1);
    expect(replay(system, schedule).applied).toEqual(schedule);
  });
});

describe("a disk that loses only what nobody was told of", () => {
  it.each(silent)("shows nothing of %s that a crash without loss does not", (name, settings) => {
    const lossy = explore(make(name, [...settings, "lostWrites=1", "disk=syncs"]));
    const whole = explore(make(name, settings));

    expect(lossy.coverage.inputs.find(({ input }) => input === "loseWrite")?.reacted).toBe(true);
    expect([lossy.complete, whole.complete]).toEqual([true, true]);
    expect(lossy.outcomes!.all).toEqual(whole.outcomes!.all);
    expect(counterexamples(lossy)).toEqual([]);
  });

  it.each([
    ["single-copy", []],
    ["primary-backup", []],
    ["chain", []],
    ["paxos-consensus", []],
    ["raft-register", ["clients=1", "timers=1"]],
    ["geo-store", []],
  ])("leaves %s %o as it was", (name, settings) => {
    const found = explore(make(name, [...settings, "lostWrites=1", "disk=syncs"]), { track: "monitor" });

    expect([found.complete, counterexamples(found)]).toEqual([true, []]);
  });
});

function counterexamples({ discoveries }: Exploration): readonly string[] {
  return discoveries.flatMap(({ kind, property, path }) => (kind === "counterexample" ? [`${property}: ${path.join(", ")}`] : []));
}

/** One server crashes once. */
function make(name: string, settings: readonly string[]): System {
  const definition = findSystem(name);
  return definition.make(parseSettings(["crashes=1", ...settings], definition.options, name));
}
