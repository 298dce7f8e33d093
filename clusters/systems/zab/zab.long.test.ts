import { expect, it } from "vitest";
import { explore } from "../../../checkers/model/explore.ts";
import type { System, SystemDefinition } from "../../../harness/actor.ts";
import { parseSettings } from "../../../harness/options.ts";
import { zab, zabAckFirst, zabEpochFirst } from "./definition.ts";

/** Bounds that `npm test` has no time for; every state of them. Both twins fail in the first. */
const proofs: readonly (readonly [settings: readonly string[], unique: number, generated: number])[] = [
  [[], 1_541_994, 5_839_241],
  [["begin=empty"], 865_474, 3_386_186],
  [["timers=1", "losses=1"], 77_110, 228_756],
  [["timers=1", "crashes=0", "partitions=1"], 43_905, 138_943],
  [["timers=1", "order=any"], 261_719, 1_469_981],
  [["timers=1", "crashes=0", "clients=2"], 604_963, 1_916_815],
];

it.each(proofs)("zab %o keeps its promise in each of its %i states", { timeout: 900_000 }, (settings, unique, generated) => {
  const found = explore(make(zab, settings), { track: "monitor" });

  expect([found.complete, found.unique, found.generated]).toEqual([true, unique, generated]);
  expect(found.discoveries.filter(({ kind }) => kind === "counterexample")).toEqual([]);
});

/** The servers of `zab-epoch-first` that are left still have in memory what is gone from their disks. */
it.each([
  { twin: zabEpochFirst, broken: ["total order"] },
  { twin: zabAckFirst, broken: ["linearizable", "total order"] },
])("of the states of $twin.name, some are not in total order, and a client sees it where the memory is gone, too", { timeout: 900_000 }, ({ twin, broken }) => {
  const { complete, discoveries } = explore(make(twin, []), { track: "monitor" });

  expect([complete, discoveries.filter(({ kind }) => kind === "counterexample").map(({ property }) => property).sort()]).toEqual([true, broken]);
});

function make(definition: SystemDefinition, set: readonly string[]): System {
  return definition.make(parseSettings(set, definition.options, definition.name));
}
