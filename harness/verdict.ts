import type { Diagram } from "./diagram.ts";
import type { Json } from "./json.ts";

/**
 * Three-valued truth. `invalid` carries at least one anomaly; a budget that ran out is `unknown`, never `valid`.
 */
export type Verdict = ValidVerdict | InvalidVerdict | UnknownVerdict;
export type Truth = Verdict["verdict"];

interface VerdictCommon {
  /** The checker that answered, with its method when it has several: `linearizability/zones`. */
  readonly checker: string;
  /** Plain data for the report and `--json`: counts, per-key results, certificates. */
  readonly details?: { readonly [key: string]: Json };
}
export interface ValidVerdict extends VerdictCommon {
  readonly verdict: "valid";
}
export interface InvalidVerdict extends VerdictCommon {
  readonly verdict: "invalid";
  readonly anomalies: readonly [Anomaly, ...Anomaly[]];
}
export interface UnknownVerdict extends VerdictCommon {
  readonly verdict: "unknown";
  /** What was tried, how far it got, what would help. */
  readonly reason: string;
  /** Anomalies seen before the checker gave up cannot exist here: one anomaly makes it `invalid`. */
}

/** One broken promise, with its evidence. Names are the papers' own: `nonlinearizable`, `G-single`, `lost-update`. */
export interface Anomaly {
  readonly name: string;
  /** Indices (`Op.index`) of the ops that show it, ascending. */
  readonly operations: readonly number[];
  /** Plain words: what was expected, what was received, and why no order explains it. */
  readonly explanation: string;
  readonly expected?: string;
  readonly received?: string;
  readonly diagrams?: readonly Diagram[];
  readonly details?: { readonly [key: string]: Json };
}

const badness: { readonly [truth in Truth]: number } = { valid: 0, unknown: 1, invalid: 2 };

/** The worst of several: invalid > unknown > valid; `valid` for none. */
export function worst(truths: Iterable<Truth>): Truth {
  let result: Truth = "valid";
  for (const truth of truths) if (badness[truth] > badness[result]) result = truth;
  return result;
}
