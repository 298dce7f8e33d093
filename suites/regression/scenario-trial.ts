import { isObject } from "../../harness/json.ts";
import { monotonicMs } from "../../harness/time.ts";
import type { Verdict } from "../../harness/verdict.ts";
import { deploy } from "../deploy.ts";
import { scenarioOf, type ScenarioRequest } from "../scenario.ts";
import type { FoundAnomaly, Trial } from "./row.ts";

/** A `rashomon run`, but for seed and folder; times in ms. What is left out is as the command line has it. */
export type TrialScenario = Pick<ScenarioRequest, "system" | "workload"> & Partial<Omit<ScenarioRequest, "seed" | "runs">>;

const defaults = { nemesis: [], faultEvery: 2500, faultFor: 1500, timeLimit: 10_000, rate: 200, concurrency: 10, nodes: 3, operationDeadline: 1000, budget: 60_000, set: [] } as const;

/** A trial that is one run of a scenario. */
export function scenarioTrial(label: string, scenario: TrialScenario): Trial {
  return {
    label,
    async run({ seed, runs, signal, tell }) {
      const began = monotonicMs();
      const asked = scenarioOf({ ...defaults, ...scenario, seed, runs });
      const { record, verdict } = await deploy(asked, { signal, live: { update: () => {} }, tell });
      signal.throwIfAborted();
      return {
        verdict: verdict.verdict,
        found: foundBy(verdict.checkers),
        counts: verdict.counts,
        versions: record.versions,
        wallMs: Math.round(monotonicMs() - began),
        rerun: asked.rerun,
      };
    },
  };
}

/** Every anomaly that a checker names, with the count that it gives, or else how many of the name it shows. */
export function foundBy(checkers: { readonly [name: string]: Verdict }): FoundAnomaly[] {
  return Object.entries(checkers).flatMap(([checker, answer]) => {
    if (answer.verdict !== "invalid") return [];
    const names = [...new Set(answer.anomalies.map(({ name }) => name))].sort();
    return names.map((anomaly) => ({ checker, anomaly, count: countOf(answer, anomaly) }));
  });
}

function countOf(answer: Extract<Verdict, { verdict: "invalid" }>, name: string): number {
  const shown = answer.anomalies.filter((anomaly) => anomaly.name === name);
  const counts = answer.details?.["counts"] ?? null;
  const counted = isObject(counts) ? counts[name] : shown[0]?.details?.["count"];
  return typeof counted === "number" ? counted : shown.length;
}
