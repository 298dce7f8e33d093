import type { Seed } from "../../harness/ids.ts";
import type { RunVerdict } from "../../results/records.ts";

/**
 * A row of the corpus of known anomalies as something that can be run again: a system with settings that are known to
 * break a promise, beside its *control*, which must come out valid. A harness is credible when both do.
 *
 *     anomalous   postgres isolation=repeatable-read  list-append    → invalid: elle finds G2-item
 *     control     postgres isolation=serializable     list-append    → valid
 *
 * To add a row: write a plain `RegressionRow` in `rows/<system>.ts`, name it in `registry.ts`, run it with
 * `rashomon regress NAME --runs 1` and look at the run's report. Nearly every trial is a `scenarioTrial`: the values of
 * a `rashomon run` command, so that it can be repeated by hand. Choose rate, concurrency and time so that the anomaly
 * comes in nearly every run of the shortest time, and give the control the same. What a run cannot express (a drain
 * after a restart, a watch) is a `Trial` of its own. When the rate of a row drops, suspect the harness first.
 */
export interface RegressionRow {
  /** `postgres-write-skew`: the command line's and the record's name for it. */
  readonly name: string;
  /** Rows of the corpus of known anomalies: `1E, 2E`. */
  readonly corpus: string;
  /** What is known, in one sentence. */
  readonly title: string;
  /** Which checker must find it, by the name that it answers with, and under which names; one of these is enough. */
  readonly expected: { readonly checker: string; readonly anomalies: readonly string[] };
  readonly anomalous: Trial;
  /** What prevents it: a setting, or a later version that has it mended. Where none does, the same without the fault. */
  readonly control: Trial & { readonly by: ControlBy };
  /** Runs of each side that a track record wants: 10 for rows of seconds, at least 3 for longer ones. */
  readonly runs: number;
}

export type ControlBy = "setting" | "version" | "no fault";

export interface Trial {
  /** What is special about it: `isolation=serializable`, `without the fault`. */
  readonly label: string;
  /** One run. Throws when it could not be made; that is no result. */
  run(context: TrialContext): Promise<TrialResult>;
}

export interface TrialContext {
  readonly seed: Seed;
  /** Root of the run folders. */
  readonly runs: string;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

export interface TrialResult {
  readonly verdict: RunVerdict;
  /** Anomalies by checker and name, each with how many there were. */
  readonly found: readonly FoundAnomaly[];
  readonly counts: { readonly ok: number; readonly fail: number; readonly info: number };
  /** Exact versions by name: `postgres`, `toxiproxy`. */
  readonly versions: { readonly [name: string]: string };
  /** From the start of the run to its verdict. */
  readonly wallMs: number;
  /** The command line that runs it again. */
  readonly rerun: string;
}
export interface FoundAnomaly {
  readonly checker: string;
  readonly anomaly: string;
  readonly count: number;
}

/** Whether a result has what its row expects. */
export function reproduces(row: RegressionRow, result: Pick<TrialResult, "found">): boolean {
  return result.found.some(({ checker, anomaly }) => checker === row.expected.checker && row.expected.anomalies.includes(anomaly));
}
