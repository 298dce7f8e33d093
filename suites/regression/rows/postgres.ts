import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/** One register that is read everywhere as fast as it goes. */
const register: TrialScenario = { system: "postgres", workload: "register", timeLimit: 5_000, rate: 1_000, concurrency: 8 };

export const postgresRows: readonly RegressionRow[] = [
  {
    name: "postgres-stale-replica",
    corpus: "27E",
    title: "a streaming replica shows a commit after the primary has acknowledged it",
    expected: { checker: "linearizability", anomalies: ["nonlinearizable"] },
    anomalous: scenarioTrial("a primary and two asynchronous replicas, all read", { ...register, nodes: 3 }),
    control: { by: "setting", ...scenarioTrial("the primary alone", { ...register, nodes: 1 }) },
    runs: 10,
  },
];
