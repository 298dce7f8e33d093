import { join } from "node:path";
import { expect } from "vitest";
import { checkLinearizable } from "../../../checkers/linearizability/linearizability.ts";
import { explore } from "../../../checkers/model/explore.ts";
import type { SystemDefinition } from "../../../harness/actor.ts";
import { steps } from "../../../harness/budget.ts";
import { canonicalHistory } from "../../../harness/canonical-history.ts";
import { seed } from "../../../harness/ids.ts";
import { parseSettings } from "../../../harness/options.ts";
import { readDiaries } from "../diaries.ts";
import { conditionsOf, replayOnCluster } from "../gated-replay.ts";
import type { MessagesLost } from "../link-losses.ts";
import { validateTrace } from "../validation.ts";
import { patience, stage } from "./stage.ts";

/**
 * The explorer's shortest counterexample to `definition` happens on real processes: every step of it, the same history,
 * traces that the definition explains, and the bug in what was recorded. Resolves to how its messages were lost.
 */
export async function expectCounterexampleToHappen(definition: SystemDefinition, set: readonly string[] = []): Promise<MessagesLost> {
  const settings = parseSettings(set, definition.options, definition.name);
  const system = definition.make(settings);
  const found = explore(system, { track: "monitor", stopAtCounterexample: true }).discoveries.find(({ kind }) => kind === "counterexample")!;
  await using at = stage();
  const logsFolder = join(at.folder, "logs");

  const replayed = await replayOnCluster({ definition, settings, schedule: found.schedule, seed: seed(1), signal: patience(), ledger: at.ledger, logsFolder });

  expect(replayed.applied).toEqual(found.schedule);
  expect(canonicalHistory(replayed.history, system.spec)).toBe(canonicalHistory(found.history, system.spec));
  const validated = validateTrace({ diaries: readDiaries(logsFolder, system.servers), systemOf: () => system, ...conditionsOf(system) });
  expect(validated).toMatchObject({ verdict: "valid" });
  if (found.property === "linearizable") expect(checkLinearizable(replayed.history, system.spec, { budget: steps(1_000_000) }).verdict).toBe("invalid");
  else expect(validated).toMatchObject({ broken: { property: found.property } });
  expect(at.ledger.open()).toEqual([]);
  return replayed.lost;
}
