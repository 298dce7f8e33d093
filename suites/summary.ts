import type { Json } from "../harness/json.ts";
import type { Verdict } from "../harness/verdict.ts";
import { printAnomaly } from "../results/console.ts";
import type { FaultRecord } from "../results/records.ts";
import type { Deployed } from "./deploy.ts";

/** A run's result as the command line's contract has it, and as a person reads it. */
export function summaryOfRun(deployed: Deployed): { readonly json: Json; readonly text: string } {
  const { verdict, folder, scenario } = deployed;
  const checkers: { [name: string]: Json } = {};
  for (const [name, answer] of Object.entries(verdict.checkers)) checkers[name] = shortVerdict(answer);
  const json: Json = {
    run: folder.path,
    verdict: verdict.verdict,
    checkers,
    counts: { ok: verdict.counts.ok, fail: verdict.counts.fail, info: verdict.counts.info },
    faults: verdict.faults.map(shortFault),
    seed: scenario.seed,
    rerun: scenario.rerun,
    ...(verdict.reasons.length === 0 ? {} : { reasons: verdict.reasons }),
    ...(deployed.interrupted ? { interrupted: true } : {}),
  };
  const { ok, fail, info } = verdict.counts;
  const effective = verdict.faults.filter((fault) => fault.evidence?.effective === true).length;
  const lines = [
    `${scenario.name}: ${verdict.verdict}`,
    `  ${ok} ok, ${fail} fail, ${info} info; ${verdict.faults.length} faults, ${effective} seen to act`,
    ...verdict.reasons.map((reason) => `  ${reason}`),
    ...Object.values(verdict.checkers).flatMap((answer) => (answer.verdict === "invalid" ? answer.anomalies.map((anomaly) => printAnomaly(anomaly)) : [])),
    ...(verdict.problems ?? []).map((problem) => `  problem: ${problem}`),
    `  report: ${folder.paths.report}`,
    `  again:  ${scenario.rerun}`,
  ];
  return { json, text: lines.join("\n") };
}

function shortVerdict(answer: Verdict): Json {
  switch (answer.verdict) {
    case "valid":
      return { verdict: "valid" };
    case "unknown":
      return { verdict: "unknown", reason: answer.reason };
    case "invalid":
      return { verdict: "invalid", anomalies: answer.anomalies.map(({ name, operations, explanation }) => ({ name, operations, explanation })) };
  }
}

function shortFault(fault: FaultRecord): Json {
  return {
    what: fault.what,
    fromNs: fault.intendedNs,
    toNs: fault.healedNs ?? null,
    effective: fault.evidence?.effective ?? false,
    evidence: fault.evidence?.seen ?? null,
  };
}
