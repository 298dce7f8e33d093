import { join } from "node:path";
import { expect, it } from "vitest";
import { actorModelOf } from "../../harness/actor-model.ts";
import { canonicalHistory } from "../../harness/canonical-history.ts";
import { seed } from "../../harness/ids.ts";
import { parseSettings } from "../../harness/options.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import type { Schedule, ScheduleStep } from "../../harness/schedule.ts";
import { deadlineSignal } from "../../harness/time.ts";
import { World } from "../../harness/world.ts";
import { systemDefinitions } from "../systems/registry.ts";
import { readDiaries } from "./diaries.ts";
import { conditionsOf, replayOnCluster } from "./gated-replay.ts";
import { expectCounterexampleToHappen } from "./testing/replay-counterexample.ts";
import { stage } from "./testing/stage.ts";
import { describeUnexplained, validateTrace } from "./validation.ts";

const twins = systemDefinitions.filter(({ role }) => role === "twin");

it.each(twins)("the shortest counterexample to $name happens on real processes", { timeout: 240_000 }, async (twin) => {
  await expectCounterexampleToHappen(twin);
});

const budgets = ["crashes=1", "losses=2", "duplicates=1", "timers=2", "partitions=1", "lostWrites=1"];
const products = systemDefinitions.filter(({ role }) => role === "product");
const from = freshSeed();

it.each(products)(`any schedule of $name happens on real processes, with what it loses lost on the links (seed ${from})`, { timeout: 400_000 }, async (definition) => {
  const set = budgets.filter((setting) => definition.options.some(({ name }) => name === setting.split("=")[0]));
  const settings = parseSettings(set, definition.options, definition.name);
  const system = definition.make(settings);
  const random = new Random(from).fork(definition.name);
  for (let nth = 0; nth < 3; nth++) {
    const world = new World(actorModelOf(system, { check: false, timers: true }));
    const schedule = anySchedule(world, random.fork(String(nth)));
    await using at = stage();
    const logsFolder = join(at.folder, "logs");

    const replayed = await replayOnCluster({ definition, settings, schedule, seed: seed(1), signal: deadlineSignal(120_000), ledger: at.ledger, logsFolder });

    expect(replayed.applied).toEqual(schedule);
    expect(canonicalHistory(replayed.history, system.spec)).toBe(canonicalHistory(world.history(), system.spec));
    const validated = validateTrace({ diaries: readDiaries(logsFolder, system.servers), systemOf: () => system, ...conditionsOf(system) });
    expect(validated.verdict === "invalid" ? describeUnexplained(validated.first) : validated.verdict).toBe("valid");
    expect(at.ledger.open()).toEqual([]);
  }
});

/** Uniform steps until nothing can happen any more, at most 60; `world` takes them. */
function anySchedule(world: World, random: Random): Schedule {
  const taken: ScheduleStep[] = [];
  while (taken.length < 60) {
    const enabled = world.enabled();
    if (enabled.length === 0) break;
    const step = random.pick(enabled);
    if (world.apply(step, taken.length).result !== "impossible") taken.push(step);
  }
  return taken;
}

it("there are twins", () => {
  expect(twins.length).toBeGreaterThan(0);
});
