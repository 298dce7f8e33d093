import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/** One register that is read everywhere as fast as it goes. */
const register: TrialScenario = { system: "postgres", workload: "register", timeLimit: 5_000, rate: 1_000, concurrency: 8 };

/** Short transactions over few keys: many of them read what another writes. */
const transactions: TrialScenario = { system: "postgres", workload: "list-append", nodes: 1, timeLimit: 5_000, rate: 500, concurrency: 10 };

/** Appends as an application makes them that reads, adds and writes back; held to what prevents a lost update. */
const readThenWrite = (isolation: string): TrialScenario => ({ ...transactions, set: [`isolation=${isolation}`, "appends=read-then-write", "consistency=snapshot-isolation"] });

export const postgresRows: readonly RegressionRow[] = [
  {
    name: "postgres-write-skew",
    corpus: "1E, 2E",
    title: "two transactions at repeatable read each read what the other writes, and both commit",
    expected: { checker: "elle/list-append", anomalies: ["G2-item"] },
    anomalous: scenarioTrial("isolation=repeatable-read", { ...transactions, set: ["isolation=repeatable-read", "consistency=serializable"] }),
    control: { by: "setting", ...scenarioTrial("isolation=serializable", { ...transactions, set: ["isolation=serializable", "consistency=serializable"] }) },
    runs: 10,
  },
  {
    name: "postgres-lost-update",
    corpus: "3E",
    title: "two transactions at read committed, the default, both read a row and both write it: one update is lost",
    expected: { checker: "elle/list-append", anomalies: ["lost-update", "incompatible-order", "G-single-item"] },
    anomalous: scenarioTrial("isolation=read-committed, the default", readThenWrite("read-committed")),
    control: { by: "setting", ...scenarioTrial("isolation=repeatable-read", readThenWrite("repeatable-read")) },
    runs: 10,
  },
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
