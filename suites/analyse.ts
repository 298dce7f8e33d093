import { guarded } from "../harness/budget.ts";
import type { Checker } from "../harness/checker.ts";
import { describeError } from "../harness/errors.ts";
import type { History } from "../harness/history.ts";
import { cpuMs, monotonicMs } from "../harness/time.ts";
import { type Verdict, worst } from "../harness/verdict.ts";
import type { FaultRecord, RunVerdict, VerdictRecord } from "../results/records.ts";
import { judgeEvidence } from "../workloads/evidence.ts";

export interface Analysis {
  readonly history: History;
  readonly checkers: readonly Checker[];
  readonly faults: readonly FaultRecord[];
  /** Faults were asked for: without one the run proves nothing. */
  readonly faultsExpected: boolean;
  /** Wall time for each checker; past it that checker says unknown. */
  readonly budgetMs: number;
  readonly interrupted: boolean;
  readonly problems: readonly string[];
}

/**
 * From a run's history to its verdict. Every checker answers, a checker that crashes is unknown, and a run that would be
 * valid but proves nothing is vacuous: a real anomaly is one whatever the evidence.
 */
export async function analyse(analysis: Analysis): Promise<VerdictRecord> {
  const before = cpuMs();
  const checkers: { [name: string]: Verdict } = {};
  for (const checker of analysis.checkers) checkers[checker.name] = await ask(checker, analysis);
  const truth = worst(Object.values(checkers).map((answer) => answer.verdict));
  const evidence = judgeEvidence(analysis.history, analysis.faults.map(spanOf), { faultsExpected: analysis.faultsExpected });
  const vacuous = truth === "valid" && evidence.vacuous;
  const verdict: RunVerdict = vacuous ? "vacuous" : truth;
  return {
    schema: 1,
    verdict,
    checkers,
    counts: countsOf(analysis.history),
    faults: analysis.faults,
    reasons: [
      ...Object.values(checkers).flatMap((answer) => (answer.verdict === "unknown" ? [`${answer.checker}: ${answer.reason}`] : [])),
      ...(vacuous ? evidence.reasons : []),
      ...(analysis.interrupted ? ["interrupted: judged is what there is"] : []),
    ],
    cpuMs: cpuMs() - before,
    ...(analysis.problems.length === 0 ? {} : { problems: analysis.problems }),
  };
}

async function ask(checker: Checker, analysis: Analysis): Promise<Verdict> {
  const end = monotonicMs() + analysis.budgetMs;
  const budget = guarded(Number.POSITIVE_INFINITY, () => (monotonicMs() > end ? `${analysis.budgetMs / 1000} s` : undefined));
  try {
    return await checker.check(analysis.history, { budget });
  } catch (error) {
    return { verdict: "unknown", checker: checker.name, reason: `the checker failed: ${describeError(error)}` };
  }
}

function spanOf(fault: FaultRecord): { readonly fromNs: number; readonly toNs?: number; readonly effective: boolean; readonly what: string } {
  return {
    what: fault.what,
    fromNs: fault.intendedNs,
    ...(fault.healedNs === undefined ? {} : { toNs: fault.healedNs }),
    effective: fault.evidence?.effective === true || fault.healEvidence?.effective === true,
  };
}

function countsOf(history: History): { ok: number; fail: number; info: number } {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < history.length; i++) if (history.processes[i]! >= 0) counts[history.types[i]!]!++;
  return { ok: counts[1]!, fail: counts[2]!, info: counts[3]! };
}
