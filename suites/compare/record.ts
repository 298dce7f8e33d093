import type { Comparison } from "../../checkers/model/compare.ts";
import { describeUnexplained, type TraceVerdict } from "../../clusters/local/validation.ts";
import type { Seed } from "../../harness/ids.ts";
import type { ComparisonRecord, CoverageAspect, CoverageSource, RunVerdict, WitnessAccount } from "../../results/records.ts";
import type { Compared } from "../compare.ts";
import { boundsInWords } from "../explore.ts";
import { agreementSentence } from "./agreement.ts";
import type { Coverage } from "./coverage.ts";

/** The comparison as the report has it. */
export function comparisonRecord(compared: Compared): ComparisonRecord {
  const { deployed, simulated, explored } = compared;
  const first = deployed.inclusion.notIncluded[0] ?? simulated?.inclusion.notIncluded[0];
  return {
    system: compared.system,
    inclusion: {
      included: deployed.inclusion.included + (simulated?.inclusion.included ?? 0),
      outside: deployed.inclusion.outside + (simulated?.inclusion.outside ?? 0),
      ...(first === undefined
        ? {}
        : {
            first: {
              explanation: first.first === undefined ? "only its end is outside the model" : `${first.first.description} has no successor in the model after ${first.first.before || "the start"}`,
              diagrams: [],
            },
          }),
    },
    total: deployed.coverage.of,
    ...(explored.exploration.complete ? {} : { totalIsLowerBound: true }),
    sources: [source("deploy", deployed), ...(simulated === undefined ? [] : [source("simulate", simulated)])],
    ...(compared.handlers === undefined ? {} : { aspects: aspectsOf(compared.handlers) }),
    note: `Of the nodes' traces: ${traceSentence(compared.trace)}. Of the model's histories: ${agreementSentence(compared.agreement)}.`,
    bounds: boundsInWords(explored.exploration),
  };
}

/** What was counted besides histories, for the report and the terminal. */
export function aspectsOf(handlers: NonNullable<Compared["handlers"]>): readonly CoverageAspect[] {
  const aspect = (of: "states" | "branches", about: Pick<CoverageAspect, "what" | "definition">): CoverageAspect => {
    const met = (name: string, { samples: rounds, seen, curve, unseenMass, estimated, outside }: Coverage): CoverageSource => ({ name, rounds, seen, curve, unseenMass, estimated, outside });
    return {
      ...about,
      total: handlers.model[of].size,
      sources: [met("deploy", handlers.deployed[of]), ...(handlers.simulated === undefined ? [] : [met("simulate", handlers.simulated[of])])],
    };
  };
  return [
    aspect("states", { what: "local states", definition: "a server with its actor's own state after an event" }),
    aspect("branches", { what: "handler branches", definition: "a kind of input, the effects that the handler had on it in their order, and whether its state changed" }),
  ];
}

/** What the traces of the real rounds say, in one sentence. */
export function traceSentence(trace: TraceVerdict): string {
  if (trace.verdict === "invalid") return `the traces are not the definition's: ${describeUnexplained(trace.first)}`;
  return `${trace.verdict === "valid" ? "every one" : "all"} of the ${trace.counts.events.toLocaleString("en")} events in the nodes' traces is explained by the definition${trace.verdict === "unknown" ? `, as far as they go: ${trace.reason}` : ""}`;
}

function source(name: string, comparison: Comparison): CoverageSource {
  return {
    name,
    rounds: comparison.rounds,
    seen: comparison.coverage.seen,
    curve: comparison.coverage.curve.map(({ rounds, outcomes }) => ({ rounds, seen: outcomes })),
    unseenMass: comparison.coverage.unseenMass,
  };
}

/** What the rounds were played on. */
export const nodesInWords: { readonly [cluster in Compared["cluster"]]: string } = { local: "processes", docker: "containers" };

/** The comparison's row in the table of accounts. */
export function compareAccount(compared: Compared, more: { readonly expected?: RunVerdict; readonly seed: Seed; readonly rerun: string }): WitnessAccount {
  const { deployed, simulated } = compared;
  const percent = (comparison: Comparison): string => `${comparison.coverage.seen} of ${comparison.coverage.of} (${Math.round(comparison.coverage.share * 100)} %)`;
  return {
    witness: "compare",
    system: compared.system,
    verdict: compared.verdict,
    ...(more.expected === undefined ? {} : { expected: more.expected }),
    summary:
      compared.verdict === "valid"
        ? `${deployed.rounds} real rounds, every history is one of the model's; they met ${percent(deployed)} of its outcomes`
        : compared.agreement.disagreement !== undefined
          ? agreementSentence(compared.agreement)
          : compared.trace.verdict === "invalid"
            ? traceSentence(compared.trace)
            : `${deployed.inclusion.outside} of ${deployed.rounds} real histories are not the model's`,
    figures: [
      { label: "outcomes met by real rounds", value: percent(deployed) },
      ...(simulated === undefined ? [] : [{ label: "by the simulator", value: percent(simulated) }]),
      { label: "histories in the model", value: `${deployed.inclusion.included} of ${deployed.rounds}` },
      { label: "checkers", value: agreementSentence(compared.agreement) },
      { label: "rounds", value: `${deployed.rounds} on ${nodesInWords[compared.cluster]} (${compared.roundsPerSecond.toFixed(0)}/s)` },
    ],
    bounds: boundsInWords(compared.explored.exploration),
    cpuMs: compared.cpuMs,
    seed: more.seed,
    rerun: more.rerun,
  };
}
