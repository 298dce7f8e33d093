import { describe, expect, it } from "vitest";
import { explore } from "../../checkers/model/explore.ts";
import { simulate } from "../simulated/simulate.ts";
import { systemDefinitions } from "./registry.ts";
import { expectProved, expectRepeated, expectSimulatedAsModelled, makeSystem, type Proof } from "./testing/witnesses.ts";

/** Within these bounds the product keeps its promise; the counts pin what was explored. Larger ones are the long suite's. */
const proofs: readonly Proof[] = [
  ["single-copy", [], 455, 652, 34],
  ["single-copy", ["crashes=1", "losses=1"], 2_630, 6_488, 96],
  ["primary-backup", [], 1_990, 3_158, 69],
  ["primary-backup", ["servers=3"], 11_747, 26_847, 91],
  ["primary-backup", ["crashes=1"], 9_138, 16_534, 96],
  ["primary-backup", ["timers=2", "order=any"], 2_755, 4_741, 69],
  ["chain", [], 467, 694, 30],
  ["chain", ["crashes=1"], 2_413, 5_379, 94],
  ["chain", ["losses=1"], 689, 1_438, 79],
  ["paxos-consensus", [], 14_680, 52_429, 4],
  ["paxos-consensus", ["crashes=1"], 58_825, 220_400, 11],
  ["atomic-commit", [], 2_976, 9_143, 2],
  ["atomic-commit", ["crashes=1"], 17_618, 56_828, 3],
  ["atomic-commit", ["clients=2"], 30_471, 106_723, 6],
  ["atomic-commit", ["servers=2", "crashes=1", "timers=2", "losses=1", "duplicates=1"], 13_606, 49_272, 3],
  ["pn-counter", [], 91_576, 267_485, 426],
  ["pn-counter", ["servers=3", "timers=0", "order=fifo"], 96_760, 290_270, 855],
  ["lamport-mutex", [], 10_857, 24_681, 10],
  ["lease", [], 1_214, 3_001, 12],
  ["or-set", [], 20_866, 57_356, 35],
  ["lww-map", [], 9_712, 24_598, 80],
  ["raft-register", ["timers=1"], 43_447, 120_199, 10],
  ["raft-register", ["timers=1", "crashes=0", "losses=1"], 31_511, 92_592, 9],
  ["raft-register", ["clients=1", "crashes=0"], 68_417, 236_478, 2],
  ["raft-read-index", ["timers=1"], 19_004, 56_676, 4],
  ["zab", ["timers=1"], 22_640, 57_771, 3],
  ["or-set", ["timers=0", "losses=1", "crashes=1"], 38_781, 103_777, 92],
  ["or-set", ["servers=3", "timers=0", "order=fifo"], 13_985, 43_346, 35],
  ["lww-map", ["timers=0", "losses=1", "crashes=1"], 17_730, 46_753, 166],
  ["lww-map", ["servers=3", "timers=0", "order=fifo"], 9_372, 25_035, 115],
  ["request-service", [], 1_306, 2_527, 19],
  ["request-service", ["crashes=1", "losses=1"], 7_201, 21_877, 63],
  ["state-sync", ["duplicates=0"], 44_973, 146_526, 464],
  ["state-merge", ["duplicates=0"], 48_411, 157_135, 605],
  ["geo-store", ["clients=1"], 3_531, 11_009, 4],
];

/** The shortest way to each twin's bug, in steps. */
const bugs: readonly (readonly [name: string, settings: readonly string[], property: string, length: number])[] = [
  ["single-copy-split", [], "linearizable", 6],
  ["primary-backup-early-answer", [], "linearizable", 9],
  ["chain-read-anywhere", [], "linearizable", 8],
  ["paxos-no-adoption", [], "linearizable", 14],
  ["paxos-own-promise", [], "linearizable", 15],
  ["paxos-amnesia", [], "linearizable", 16],
  ["atomic-commit-impatient", [], "one decision", 6],
  ["lease-drift", [], "one holder", 9],
  ["pn-counter-adding-merge", [], "convergent", 5],
  ["lamport-mutex-no-acknowledgement", [], "mutual exclusion", 4],
  ["lamport-mutex-no-tie-break", [], "granted in timestamp order", 9],
  ["lamport-mutex-overtaking", [], "granted in timestamp order", 8],
  ["or-set-resurrects", [], "convergent", 7],
  ["or-set-two-phase", [], "as specified", 8],
  ["lww-map-no-tie-break", [], "convergent", 6],
  ["lww-map-arrival", [], "convergent", 6],
  ["request-service-no-keys", [], "linearizable", 6],
  ["request-service-volatile-keys", [], "linearizable", 8],
  ["state-sync-blind", [], "same name, same document", 4],
  ["state-sync-skips-gaps", [], "same name, same document", 10],
  ["state-sync-any-copy", [], "linearizable", 16],
  ["state-sync-content-names", [], "linearizable", 17],
  ["state-merge-last-arrival", [], "convergent", 6],
  ["state-merge-own-numbers", [], "convergent", 7],
  ["geo-store-majority", [], "every centre has what was acknowledged", 4],
  ["geo-store-volatile", [], "every centre has what was acknowledged", 8],
];

/** The same for bugs that several rare things must meet for: some strategy of the simulator finds none in 20,000 runs (docs/race.md). */
const rareBugs: typeof bugs = [
  ["raft-vote-amnesia", [], "election safety", 8],
  ["raft-local-read", [], "linearizable", 14],
  ["raft-truncates", [], "leader completeness", 11],
  ["raft-commits-old-terms", [], "leader completeness", 11],
  ["raft-read-index-early", [], "linearizable", 18],
  ["raft-read-index-any-round", [], "linearizable", 20],
  ["raft-read-index-same-name", [], "linearizable", 22],
  ["zab-epoch-first", [], "total order", 15],
  ["zab-ack-first", [], "total order", 21],
];

/** Systems with tests of their own. */
const elsewhere = ["abd", "abd-fast-read", "abd-amnesia"];

describe("explored", () => {
  it.each(proofs)("%s %o keeps its promise in each of its %i states", expectProved);

  it.each([...bugs, ...rareBugs])("%s %o is not %s after %i steps", (name, settings, property, length) => {
    const { discoveries } = explore(makeSystem(name, settings), { stopAtCounterexample: true });

    expect(discoveries.find(({ kind }) => kind === "counterexample")).toMatchObject({ property, length });
  });

  it("has a row for every system that is written here", () => {
    const named = new Set([...proofs, ...bugs, ...rareBugs].map(([name]) => name));

    expect(systemDefinitions.map(({ name }) => name).filter((name) => !named.has(name))).toEqual(elsewhere);
  });
});

describe("simulated", () => {
  it.each(proofs)("%s %o keeps its promise, and shows nothing that the model does not", expectSimulatedAsModelled);

  it.each(bugs)("%s %o is not %s in some run, and its seed and the shrunk schedule repeat it", (name, settings, property, length) => {
    const system = makeSystem(name, settings);
    const found = simulate(system, { runs: 20_000, seed: 1, stopAtFirstBad: true });

    expect(found.firstBad?.property).toBe(property);
    expect(found.firstBad!.shrunk.schedule.length).toBeGreaterThanOrEqual(length);
    expectRepeated(system, found);
  });
});
