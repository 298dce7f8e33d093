import { describe, expect, it } from "vitest";
import { explore } from "../../../checkers/model/explore.ts";
import type { System, SystemDefinition } from "../../../harness/actor.ts";
import { parseSettings } from "../../../harness/options.ts";
import { raftReadIndex, raftReadIndexSameName } from "./definition.ts";

/** Bounds that `npm test` has no time for; every state of them. */
const proofs: readonly (readonly [settings: readonly string[], unique: number, generated: number])[] = [
  // Who names rounds, and whether a name comes twice: three ways of four are right.
  [["rounds=leader", "names=same"], 1_576_493, 5_575_126],
  [["rounds=leader", "names=fresh"], 1_584_976, 5_600_100],
  [["rounds=door", "names=fresh"], 1_574_161, 5_573_112],
  // From nothing; with three timers a twin has etcd's stale read here.
  [["begin=empty"], 226_953, 774_682],
  [["begin=empty", "earlierReads=0"], 424_843, 1_435_208],
  [["begin=empty", "timers=3"], 18_843_765, 72_200_788],
  // What networks and machines do.
  [["timers=1", "crashes=1"], 90_725, 294_743],
  [["timers=1", "crashes=1", "losses=1"], 353_841, 1_340_364],
  [["timers=1", "partitions=1"], 182_793, 693_039],
  [["timers=1", "order=any"], 629_178, 3_007_005],
  [["timers=1", "clients=2", "earlierReads=0"], 6_102_592, 22_504_467],
];

it.each(proofs)("raft-read-index %o keeps its promise in each of its %i states", { timeout: 900_000 }, (settings, unique, generated) => {
  const found = explore(make(raftReadIndex, settings), { track: "monitor" });

  expect([found.complete, found.unique, found.generated]).toEqual([true, unique, generated]);
  expect(found.discoveries.filter(({ kind }) => kind === "counterexample")).toEqual([]);
});

describe("etcd's stale read (#20418)", () => {
  it("happens 35 steps after nothing, where the fourth way is taken", { timeout: 900_000 }, () => {
    const { discoveries } = explore(make(raftReadIndexSameName, ["begin=empty", "timers=3"]), { track: "monitor", stopAtCounterexample: true });

    expect(discoveries.find(({ kind }) => kind === "counterexample")).toMatchObject({ property: "linearizable", length: 35 });
  });

  it("does not happen where repetitions get names of their own", { timeout: 900_000 }, () => {
    const { complete, discoveries } = explore(make(raftReadIndexSameName, ["names=fresh"]), { track: "monitor" });

    expect([complete, discoveries.filter(({ kind }) => kind === "counterexample")]).toEqual([true, []]);
  });
});

function make(definition: SystemDefinition, set: readonly string[]): System {
  return definition.make(parseSettings(set, definition.options, definition.name));
}
