import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/** One register that is read everywhere as fast as it goes. */
const register: TrialScenario = { system: "postgres", workload: "register", timeLimit: 5_000, rate: 1_000, concurrency: 8 };

/** Short transactions over few keys: many of them read what another writes. */
const transactions: TrialScenario = { system: "postgres", workload: "list-append", nodes: 1, timeLimit: 5_000, rate: 500, concurrency: 10 };

/** Appends as an application makes them that reads, adds and writes back; held to what prevents a lost update. */
const readThenWrite = (isolation: string): TrialScenario => ({ ...transactions, set: [`isolation=${isolation}`, "appends=read-then-write", "consistency=snapshot-isolation"] });

/** Write skew of upserts into three tables, with as many clients as the report of one at serializable had. */
const upserts = (isolation: string): TrialScenario => ({ ...transactions, concurrency: 16, set: [`isolation=${isolation}`, "list-tables=3", "consistency=serializable"] });

/**
 * A commit that waits for its standby is in the log before it is seen on the primary; one that does not wait may be
 * logged after it and seen before it: a fork for as long as the standby takes. Readers see all keys and writers write
 * one, so that nothing but the readers' snapshots orders two writes.
 */
const forks = (commits: string): TrialScenario => ({
  system: "postgres",
  workload: "list-append",
  nodes: 2,
  timeLimit: 10_000,
  rate: 600,
  concurrency: 32,
  set: [
    ...["isolation=repeatable-read", "replication=flushed", `synchronous-commit=${commits}`, "consistency=snapshot-isolation"],
    ...["txn-kinds=reads-or-one-write", "txn-length-min=4", "txn-length-max=4", "key-count=4", "key-distribution=uniform"],
  ],
});
/** A standby far away: commits that do not wait for it need not be those that do not wait for the disk either. */
const farForks: TrialScenario = { ...forks("local-in-half"), nemesis: ["latency:latencyMs=15:jitterMs=5"], faultEvery: 9_000, faultFor: 8_000 };
const onlyPrimary = (scenario: TrialScenario): TrialScenario => ({ ...scenario, set: [...scenario.set!, "target-session-attrs=primary"] });

function longFork(name: string, title: string, [how, scenario, runs]: [how: string, scenario: TrialScenario, runs: number]): RegressionRow {
  return {
    name,
    corpus: "4F",
    title,
    expected: { checker: "elle/list-append", anomalies: ["G-nonadjacent-item", "G-nonadjacent"] },
    anomalous: scenarioTrial(`${how}; both are read`, scenario),
    control: { by: "setting", ...scenarioTrial(`${how}; only the primary is read (target_session_attrs)`, onlyPrimary(scenario)) },
    runs,
  };
}

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
    name: "postgres-write-skew-read-committed",
    corpus: "3E",
    title: "the same at read committed, the default, whose transactions besides read at different moments and write over what they have not seen, though an upsert loses no element",
    expected: { checker: "elle/list-append", anomalies: ["G2-item", "G-single-item"] },
    anomalous: scenarioTrial("isolation=read-committed, the default", { ...transactions, set: ["isolation=read-committed", "consistency=serializable"] }),
    control: { by: "setting", ...scenarioTrial("isolation=serializable", { ...transactions, set: ["isolation=serializable", "consistency=serializable"] }) },
    runs: 10,
  },
  {
    name: "postgres-upserts-over-tables",
    corpus: "1E, 2E: upserts over three tables, of which one anomaly at serializable was reported on 18.4",
    title: "transactions of upserts into three tables by 16 clients: skewed at repeatable read, not at serializable",
    expected: { checker: "elle/list-append", anomalies: ["G2-item"] },
    anomalous: scenarioTrial("isolation=repeatable-read, three tables", upserts("repeatable-read")),
    control: { by: "setting", ...scenarioTrial("isolation=serializable, three tables", upserts("serializable")) },
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
  longFork("postgres-long-fork", "two commits, one of which waits for the standby, are seen in one order on the primary and in the other on the standby, in a healthy cluster", ["half of the clients wait for the standby, half with synchronous_commit off, no fault", forks("off-in-half"), 5]),
  longFork("postgres-long-fork-far-standby", "the same with a standby far away", ["half of the clients wait for the standby, half with synchronous_commit local, links of 15 ± 5 ms", farForks, 3]),
];
