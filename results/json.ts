import type { Json } from "../harness/json.ts";
import type { Anomaly, Verdict } from "../harness/verdict.ts";
import type { ComparisonRecord, RunReport } from "./records.ts";

/**
 * `--json`: one object a line on standard output and nothing else. The shapes are a contract with scripts: members are
 * added, never renamed. Pictures stay in `verdict.json`.
 */

/** One line of JSON with its newline. Anything `JSON.stringify` takes; what it would drop (undefined) is dropped. */
export function jsonLine(value: object): string {
  return JSON.stringify(value) + "\n";
}

/** An anomaly without its pictures. */
export interface AnomalyJson {
  readonly name: string;
  readonly operations: readonly number[];
  readonly explanation: string;
}

export function anomalyJson(anomaly: Anomaly): AnomalyJson {
  return { name: anomaly.name, operations: anomaly.operations, explanation: anomaly.explanation };
}

/** What `rashomon check FILE` prints for a file. */
export interface CheckJson {
  readonly file: string;
  readonly verdict: Verdict["verdict"];
  /** Number of client operations. */
  readonly operations: number;
  readonly checker: string;
  readonly anomalies: readonly AnomalyJson[];
  readonly cpuMs: number;
  readonly reason?: string;
}

export function checkJson(file: string, verdict: Verdict, figures: { readonly operations: number; readonly cpuMs: number }): CheckJson {
  return {
    file,
    verdict: verdict.verdict,
    operations: figures.operations,
    checker: verdict.checker,
    anomalies: verdict.verdict === "invalid" ? verdict.anomalies.map(anomalyJson) : [],
    cpuMs: Math.round(figures.cpuMs),
    ...(verdict.verdict === "unknown" && { reason: verdict.reason }),
  };
}

/** What `rashomon run SYSTEM` prints for a run. `run` is the path of its folder. */
export function runJson(run: string, report: Pick<RunReport, "record" | "verdict">): object {
  const { record, verdict } = report;
  const checkers: { [name: string]: object } = {};
  for (const name of Object.keys(verdict.checkers).sort()) checkers[name] = verdictJson(verdict.checkers[name]!);
  return {
    run,
    verdict: verdict.verdict,
    checkers,
    counts: verdict.counts,
    faults: verdict.faults,
    ...(verdict.final !== undefined && { final: verdict.final }),
    seed: record.seed,
    rerun: record.rerun,
    ...(verdict.reasons.length > 0 && { reasons: verdict.reasons }),
    ...(verdict.problems !== undefined && verdict.problems.length > 0 && { problems: verdict.problems }),
  };
}

/** A checker's verdict without pictures. */
export function verdictJson(verdict: Verdict): object {
  const details: { readonly [key: string]: Json } | undefined = verdict.details;
  return {
    verdict: verdict.verdict,
    checker: verdict.checker,
    ...(verdict.verdict === "invalid" && { anomalies: verdict.anomalies.map(anomalyJson) }),
    ...(verdict.verdict === "unknown" && { reason: verdict.reason }),
    ...(details !== undefined && { details }),
  };
}

/** What `rashomon compare SYSTEM` prints. */
export function compareJson(comparison: ComparisonRecord): object {
  const { inclusion } = comparison;
  return {
    system: comparison.system,
    verdict: inclusion.outside > 0 ? "invalid" : inclusion.included === 0 ? "vacuous" : "valid",
    inclusion: { included: inclusion.included, outside: inclusion.outside, ...(inclusion.first !== undefined && { first: inclusion.first.explanation }) },
    coverage: comparison.sources.map(({ name, rounds, seen, unseenMass, curve }) => ({ source: name, rounds, seen, total: comparison.total, ...(unseenMass !== undefined && { unseenMass }), curve })),
    ...(comparison.totalIsLowerBound === true && { totalIsLowerBound: true }),
    bounds: comparison.bounds ?? [],
  };
}
