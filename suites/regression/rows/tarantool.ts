import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/** Transactions that wait for a quorum are rolled back after a second; until then, and while the primary is alone, its clients read on. */
const register: TrialScenario = { system: "tarantool", workload: "register", timeLimit: 9_000, rate: 240, concurrency: 12, operationDeadline: 800, set: ["synchro-timeout=1000"] };

export const tarantoolRows: readonly RegressionRow[] = [
  {
    name: "tarantool-dirty-read",
    corpus: "26E",
    title: "a primary that cannot reach its quorum shows what a synchronous transaction wrote before it is rolled back",
    expected: { checker: "linearizability", anomalies: ["nonlinearizable"] },
    anomalous: scenarioTrial("primary isolated for 4 s", { ...register, nemesis: ["isolate:target=primary"], faultEvery: 6_000, faultFor: 4_000 }),
    // The setting that prevents it, memtx_use_mvcc_engine, came after this version.
    control: { by: "no fault", ...scenarioTrial("without the fault", register) },
    runs: 10,
  },
];
