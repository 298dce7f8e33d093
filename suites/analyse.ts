import { entryFile } from "../harness/entry.ts";
import type { History } from "../harness/history.ts";
import { isolate, sharedColumns } from "../harness/isolate.ts";
import type { Settings } from "../harness/options.ts";
import { cpuMs } from "../harness/time.ts";
import { type Verdict, worst } from "../harness/verdict.ts";
import type { FaultRecord, RunRecord, RunVerdict, Stopped, VerdictRecord } from "../results/records.ts";
import { judgeEvidence } from "../workloads/evidence.ts";
import type { Workload } from "../workloads/workload.ts";
import { finalPhaseOf } from "./final-phase.ts";
import type { CheckInput } from "./check-isolated.ts";

export interface Analysis {
  readonly history: History;
  readonly workload: Workload;
  readonly settings: Settings;
  readonly faults: readonly FaultRecord[];
  /** Faults were asked for: without one the run proves nothing. */
  readonly faultsExpected: boolean;
  /** Wall time for the checkers; past it what is not judged is unknown. */
  readonly budgetMs: number;
  /** Aborting ends the judgement: unknown. */
  readonly signal?: AbortSignal;
  readonly interrupted: boolean;
  /** The run was ended at its first violation. */
  readonly stopped?: Stopped;
  /** What the nodes' traces say, where they were validated: counts as one more checker. */
  readonly trace?: Verdict;
  readonly problems: readonly string[];
  /** Where it ran, for what is said of the nodes after the last heal. */
  readonly record?: RunRecord;
}

/**
 * From a run's history to its verdict. Every checker answers, a checker that crashes is unknown, and a run that would be
 * valid but proves nothing is vacuous: a real anomaly is one whatever the evidence.
 */
export async function analyse(analysis: Analysis): Promise<VerdictRecord> {
  const before = cpuMs();
  const judged = await judgeIsolated(analysis);
  const checkers = analysis.trace === undefined ? judged : { ...judged, trace: analysis.trace };
  const truth = worst(Object.values(checkers).map((answer) => answer.verdict));
  const { reads } = analysis.workload.make(analysis.settings);
  const evidence = judgeEvidence(analysis.history, analysis.faults.map(spanOf), { faultsExpected: analysis.faultsExpected, reads });
  const { clientNodes: nodes, settings: { concurrency } = {} } = analysis.record ?? {};
  const final = nodes === undefined || typeof concurrency !== "number" ? undefined : finalPhaseOf(analysis.history, { nodes, concurrency, reads });
  const vacuous = truth === "valid" && evidence.vacuous;
  const verdict: RunVerdict = vacuous ? "vacuous" : truth;
  return {
    schema: 1,
    verdict,
    checkers,
    counts: countsOf(analysis.history),
    faults: analysis.faults,
    ...(final === undefined ? {} : { final }),
    reasons: [
      ...Object.values(checkers).flatMap((answer) => (answer.verdict === "unknown" ? [`${answer.checker}: ${answer.reason}`] : [])),
      ...(vacuous ? evidence.reasons : []),
      ...(analysis.stopped === undefined ? [] : [`stopped early: ${analysis.stopped.checker} was certain of a violation at op ${analysis.stopped.op}`]),
      ...(analysis.interrupted ? ["interrupted: judged is what there is"] : []),
    ],
    cpuMs: cpuMs() - before,
    ...(analysis.problems.length === 0 ? {} : { problems: analysis.problems }),
  };
}

/** In a worker of its own, which a deadline, a memory limit or an abort can kill: then every checker is unknown, with that reason. */
async function judgeIsolated({ history, workload, settings, budgetMs, signal }: Analysis): Promise<{ readonly [name: string]: Verdict }> {
  const input: CheckInput = { workload: workload.name, settings, columns: sharedColumns(history) };
  const judged = await isolate<{ readonly [name: string]: Verdict }>(
    { module: entryFile(import.meta.url, "./check-isolated"), export: "checkIsolated", input },
    { deadlineMs: budgetMs, ...(signal === undefined ? {} : { signal }) },
  );
  if (judged.outcome === "returned") return judged.value;
  return Object.fromEntries(workload.make(settings).checkers.map(({ name }): [string, Verdict] => [name, { verdict: "unknown", checker: name, reason: judged.reason }]));
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
