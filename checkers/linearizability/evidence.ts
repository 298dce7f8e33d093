import { HarnessError } from "../../harness/errors.ts";
import type { History } from "../../harness/history.ts";
import type { Json } from "../../harness/json.ts";

/**
 * Proof from elsewhere about an operation whose outcome its client does not know: a watch that saw the write, a log that
 * does not hold it, a final read of everything. Every operation that is settled before the search starts halves what it
 * must try, and a history may turn from "some order explains it" into a clear violation.
 *
 *     info write 7      + log: not there                     → as if it had failed
 *     info write 7      + watch saw it before op 90 returned → as if it had returned ok before op 90
 *
 * Evidence is taken at its word: the verdict says which it used, so that a reader can doubt it.
 */
export type Evidence = {
  /** `Op.index` of the invocation; its operation must have ended in `info` or not at all. */
  readonly operation: number;
  /** Where it comes from: `watch of n2`, `write-ahead log`, `final read`. */
  readonly source: string;
} & (
  | { readonly says: "did not happen" }
  | {
      readonly says: "happened";
      /** What it must have returned, where its answer is looked at. Default: null. */
      readonly answer?: Json;
      /** It took effect before this op of the history (`Op.index`); default: before the history's end. */
      readonly before?: number;
    }
);

/** Evidence by invocation. Throws `HarnessError` where it speaks of an operation that is not there, known, or told twice. */
export function evidenceByInvocation(history: History, evidence: readonly Evidence[]): ReadonlyMap<number, Evidence> {
  const found = new Map<number, Evidence>();
  for (const one of evidence) {
    const { operation, source } = one;
    const refuse = (what: string): HarnessError =>
      new HarnessError("HISTORY_MALFORMED", `evidence of ${source} about op ${operation}: ${what}`, { nextStep: "name the invocation of an operation whose outcome is unknown, once" });
    if (!(operation >= 0 && operation < history.length) || history.types[operation] !== 0) throw refuse("there is no invocation");
    const pair = history.pairs[operation]!;
    if (pair >= 0 && history.types[pair] !== 3) throw refuse("its outcome is known already");
    const other = found.get(operation);
    if (other !== undefined && other.says !== one.says) throw refuse(`${other.source} says otherwise`);
    if (one.says === "happened" && one.before !== undefined && (one.before <= operation || one.before > history.length)) throw refuse(`it cannot have taken effect before op ${one.before}`);
    found.set(operation, one);
  }
  return found;
}

/** `op 4 happened before op 90 and answered 7, says watch of n2`. */
export function describeEvidence(evidence: Evidence): string {
  const { operation, source, says } = evidence;
  if (says === "did not happen") return `op ${operation} did not happen, says ${source}`;
  const before = evidence.before === undefined ? "" : ` before op ${evidence.before}`;
  const answer = evidence.answer === undefined ? "" : ` and answered ${JSON.stringify(evidence.answer)}`;
  return `op ${operation} happened${before}${answer}, says ${source}`;
}
