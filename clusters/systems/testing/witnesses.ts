import { expect } from "vitest";
import { compareAccounts } from "../../../checkers/model/compare.ts";
import { type Exploration, explore } from "../../../checkers/model/explore.ts";
import { replay } from "../../../checkers/model/replay.ts";
import type { System } from "../../../harness/actor.ts";
import { parseSettings } from "../../../harness/options.ts";
import { simulate, type Simulation } from "../../simulated/simulate.ts";
import { findSystem } from "../registry.ts";

/** Bounds within which a product keeps its promise, and the size of the space that shows it. */
export type Proof = readonly [name: string, settings: readonly string[], unique: number, generated: number, outcomes: number];

/** The explorer visits exactly that many states, breaks no property, and sees everything that should be seen sometimes. */
export function expectProved(...[name, settings, unique, generated, outcomes]: Proof): void {
  const found = account(name, settings);

  expect([found.unique, found.generated, found.outcomes!.terminal.size, found.complete]).toEqual([unique, generated, outcomes, true]);
  expect(found.discoveries.filter(({ kind }) => kind === "counterexample")).toEqual([]);
  expect(found.undiscovered.filter(({ kind }) => kind === "sometimes")).toEqual([]);
}

/** 300 simulated runs break nothing, and each is one of the model's. */
export function expectSimulatedAsModelled(...[name, settings]: Proof): void {
  const system = makeSystem(name, settings);
  const runs = (["uniform", "latency"] as const).map((strategy) => simulate(system, { runs: 150, seed: 1, strategy }));

  expect(runs.map(({ bad }) => bad)).toEqual([0, 0]);
  const { inclusion } = compareAccounts({ model: account(name, settings), spec: system.spec, observed: runs.flatMap(({ observed }) => observed) });
  expect(inclusion).toEqual({ included: 300, outside: 0, conclusive: true, notIncluded: [] });
}

/** The first bad run happens again from its seed and number alone, and its shrunk schedule is one of the model's. */
export function expectRepeated(system: System, { firstBad, seed, strategy }: Simulation): void {
  const { run, property, schedule, shrunk } = firstBad!;
  const alone = simulate(system, { runs: 1, firstRun: run, seed, strategy });

  expect(alone.firstBad).toMatchObject({ property, schedule, shrunk: { schedule: shrunk.schedule } });
  expect(replay(system, shrunk.schedule).applied).toEqual(shrunk.schedule);
}

export function makeSystem(name: string, settings: readonly string[]): System {
  const definition = findSystem(name);
  return definition.make(parseSettings(settings, definition.options, name));
}

/** Several tests look at the same full account. */
const accounts = new Map<string, Exploration>();

function account(name: string, settings: readonly string[]): Exploration {
  const key = [name, ...settings].join(" ");
  const known = accounts.get(key) ?? explore(makeSystem(name, settings));
  accounts.set(key, known);
  return known;
}
