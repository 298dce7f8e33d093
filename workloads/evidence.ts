import { type History, typeNames } from "../harness/history.ts";
import { NEMESIS } from "../harness/ids.ts";

/**
 * Whether a run proves anything. A history in which nothing succeeded is linearizable, and so is one whose faults never
 * took effect: such a run is `vacuous`, not a pass. An anomaly is an anomaly all the same.
 *
 *     ok reads   x x   x    x x x  x x          x   x x    ← at least one here, after the last fault
 *     faults         ▓▓▓▓▓▓       ▓▓▓▓▓▓▓▓▓▓▓▓
 */
export interface Evidence {
  readonly vacuous: boolean;
  /** One line each; empty when it is not vacuous. */
  readonly reasons: readonly string[];
}

/** A fault of the run. `FaultSpan` of the nemesis' timeline is one. */
export interface JudgedFault {
  readonly what: string;
  readonly fromNs: number;
  /** Absent: it was on until the end. */
  readonly toNs?: number;
  /** It was seen to act. */
  readonly effective: boolean;
}

export interface EvidenceGates {
  /** Functions whose answers are observations; default `read` and `get`. */
  readonly reads?: readonly string[];
  /** Fewest operations that ended in ok; default 10. */
  readonly okMin?: number;
  /** Fewest reads that began after the last fault was healed and ended in ok; default 1. */
  readonly readsAfterFaultsMin?: number;
  /** Faults were asked for, so at least one must have happened; default false. */
  readonly faultsExpected?: boolean;
}

/** Judges the evidence of a run; pure. O(ops + faults). */
export function judgeEvidence(history: History, faults: readonly JudgedFault[], gates: EvidenceGates = {}): Evidence {
  const { reads = ["read", "get"], okMin = 10, readsAfterFaultsMin = 1, faultsExpected = false } = gates;
  const reasons: string[] = [];
  const counts = count(history, { reads, afterNs: lastFaultEnd(faults) });

  if (counts.ok < okMin) reasons.push(`only ${counts.ok} of ${counts.operations} operations ended in ok (at least ${okMin} are needed)`);
  if (counts.okReads === 0) reasons.push(`no read ended in ok, so nothing was observed`);
  else if (faults.length > 0 && counts.okReadsAfter < readsAfterFaultsMin) {
    reasons.push(`only ${counts.okReadsAfter} reads ended in ok after the last fault was healed (at least ${readsAfterFaultsMin} are needed)`);
  }
  if (faultsExpected && faults.length === 0) reasons.push("no fault was injected, though faults were asked for");
  for (const fault of faults) {
    if (!fault.effective) reasons.push(`the fault ${JSON.stringify(fault.what)} had no effect that was seen`);
    if (fault.toNs === undefined) reasons.push(`the fault ${JSON.stringify(fault.what)} was not healed`);
  }
  return { vacuous: reasons.length > 0, reasons };
}

/** The end of the fault that was healed last; never, when one was not healed. */
function lastFaultEnd(faults: readonly JudgedFault[]): number {
  let end = Number.NEGATIVE_INFINITY;
  for (const fault of faults) end = Math.max(end, fault.toNs ?? Number.POSITIVE_INFINITY);
  return end;
}

function count(
  history: History,
  options: { readonly reads: readonly string[]; readonly afterNs: number },
): { operations: number; ok: number; okReads: number; okReadsAfter: number } {
  const isRead = history.functionNames.map((f) => options.reads.includes(f));
  const counts = { operations: 0, ok: 0, okReads: 0, okReadsAfter: 0 };
  for (let i = 0; i < history.length; i++) {
    if (history.processes[i] === NEMESIS) continue;
    const type = typeNames[history.types[i]!]!;
    if (type === "invoke") counts.operations++;
    if (type !== "ok") continue;
    counts.ok++;
    if (isRead[history.fs[i]!] !== true) continue;
    counts.okReads++;
    const invocation = history.pairs[i]!;
    if (invocation >= 0 && history.times[invocation]! >= options.afterNs) counts.okReadsAfter++;
  }
  return counts;
}
