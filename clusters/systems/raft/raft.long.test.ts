import { expect, it } from "vitest";
import { explore } from "../../../checkers/model/explore.ts";
import { parseSettings } from "../../../harness/options.ts";
import { raftRegister } from "./definition.ts";

/** Bounds that `npm test` has no time for; every state of them. */
const proofs: readonly (readonly [settings: readonly string[], unique: number, generated: number])[] = [
  [[], 4_376_463, 18_788_004],
  [["clients=1", "losses=1"], 787_242, 3_712_640],
  [["clients=3", "timers=1", "crashes=0"], 161_446, 500_462],
];

it.each(proofs)("raft-register %o keeps its promise in each of its %i states", { timeout: 900_000 }, (settings, unique, generated) => {
  const found = explore(raftRegister.make(parseSettings(settings, raftRegister.options, raftRegister.name)), { track: "monitor" });

  expect([found.complete, found.unique, found.generated]).toEqual([true, unique, generated]);
  expect(found.discoveries.filter(({ kind }) => kind === "counterexample")).toEqual([]);
});
