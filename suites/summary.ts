import { type ConsoleStyle, anomalyText } from "../results/console.ts";
import { runJson } from "../results/json.ts";
import { finalPhaseText } from "./final-phase.ts";
import type { Deployed } from "./deploy.ts";

/** A run's result as the command line's contract has it. */
export function runResult(deployed: Deployed): object {
  return { ...runJson(deployed.folder.path, deployed), ...(deployed.interrupted ? { interrupted: true } : {}) };
}

/** A run's result as a person reads it. */
export function runText(deployed: Deployed, style: ConsoleStyle): string {
  const { verdict, folder, scenario } = deployed;
  const { ok, fail, info } = verdict.counts;
  const effective = verdict.faults.filter((fault) => fault.evidence?.effective === true || fault.healEvidence?.effective === true).length;
  return [
    `${scenario.name}: ${verdict.verdict}`,
    `  ${ok} ok, ${fail} fail, ${info} info; ${verdict.faults.length} faults, ${effective} seen to act`,
    ...(verdict.final === undefined ? [] : [`  ${finalPhaseText(verdict.final)}`]),
    ...verdict.reasons.map((reason) => `  ${reason}`),
    ...Object.values(verdict.checkers).flatMap((answer) => (answer.verdict === "invalid" ? answer.anomalies.map((anomaly) => anomalyText(anomaly, style)) : [])),
    ...(verdict.problems ?? []).map((problem) => `  problem: ${problem}`),
    `  report: ${folder.paths.report}`,
    `  again:  ${scenario.rerun}`,
  ].join("\n");
}
