import { join } from "node:path";
import { expect } from "vitest";
import { compareAccounts } from "../../../checkers/model/compare.ts";
import { explore } from "../../../checkers/model/explore.ts";
import type { SystemDefinition } from "../../../harness/actor.ts";
import { seed } from "../../../harness/ids.ts";
import { parseSettings } from "../../../harness/options.ts";
import { freshSeed } from "../../../harness/random.ts";
import { readDiaries } from "../diaries.ts";
import { playRounds, type Round } from "../rounds.ts";
import { expectHolesFound, expectMutantsRejected } from "./expect-mutants.ts";
import { patience, stage } from "./stage.ts";
import { validateTrace } from "../validation.ts";

/**
 * What is promised of every system: each round on real processes is a behaviour of its model, each trace is explained by
 * its definition, and no mutant of the trace is.
 */
export async function expectDeployedAsModelled(definition: SystemDefinition, how: { readonly holes: "some" | "every" } = { holes: "some" }): Promise<void> {
  await using at = stage();
  // Nobody crashes in a round, and a second timer hardly fires: its history is one of the smaller model too, or it is set aside.
  const calm = definition.options.flatMap(({ name, default: usual }) => (name === "crashes" ? ["crashes=0"] : name === "timers" && Number(usual) > 1 ? ["timers=1"] : []));
  const system = definition.make(parseSettings(calm, definition.options, definition.name));
  const logsFolder = join(at.folder, "logs");

  const rounds = await play(definition, { at, logsFolder });

  const comparable = rounds.filter(({ timersFired }) => timersFired <= system.model.timerFirings);
  expect(comparable.length).toBeGreaterThan(0);
  const { inclusion } = compareAccounts({ model: explore(system, { reduceAfter: 20_000 }), spec: system.spec, observed: comparable.map(({ history }) => history) });
  expect(inclusion).toEqual({ included: comparable.length, outside: 0, conclusive: true, notIncluded: [] });

  const trace = { diaries: readDiaries(logsFolder, system.servers), systemOf: () => system };
  const validated = validateTrace(trace);
  expect(validated).toMatchObject({ verdict: "valid" });
  expect(validated.counts.events).toBe(trace.diaries.reduce((sum, { lines }) => sum + lines.length, 0));
  const made = expectMutantsRejected(trace, { each: 3, seed: freshSeed() });
  for (const always of ["an answer is changed", "an event is left out", "a state is changed", "a durable write is made up"]) expect(made[always], always).toBe(3);
  if (how.holes === "every") expectHolesFound(trace);
}

async function play(definition: SystemDefinition, where: { readonly at: ReturnType<typeof stage>; readonly logsFolder: string }): Promise<Round[]> {
  const settings = parseSettings([], definition.options, definition.name);
  const about = { definition, settings, rounds: 24, atOnce: 8, seed: seed(5), maxDelayMs: 3, signal: patience(), ledger: where.at.ledger, logsFolder: where.logsFolder };
  const rounds: Round[] = [];
  for await (const round of playRounds(about)) rounds.push(round);
  return rounds;
}
