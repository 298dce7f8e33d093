import type { ReportInput, RunVerdict, WitnessAccount } from "../records.ts";
import { worstRunVerdict } from "../store.ts";
import { firstLine } from "../words.ts";
import { signs, tones, witnessNames, witnessOrder } from "./parts.ts";

/** The verdict in one plain sentence, and one line per system. Pure; the console prints the same words. */
export interface Headline {
  readonly tone: "good" | "bad" | "unsure";
  readonly sign: string;
  readonly sentence: string;
  readonly systems: readonly { readonly system: string; readonly verdict: RunVerdict; readonly sentence: string }[];
}

export function headlineOf(input: Pick<ReportInput, "accounts" | "runs">): Headline {
  const accounts = input.accounts;
  const systems = [...new Set(accounts.map((account) => account.system))].map((system) => systemLine(system, accounts.filter((account) => account.system === system)));
  const verdict = worstRunVerdict(accounts.length > 0 ? accounts.map((account) => account.verdict) : input.runs.map((run) => run.verdict.verdict));
  const expected = accounts.filter((account) => account.expected !== undefined);
  const surprising = expected.filter((account) => account.expected !== account.verdict);
  if (surprising.length > 0) {
    const first = surprising[0]!;
    const tone = surprising.some((account) => account.verdict === "invalid" || account.expected === "invalid") ? "bad" : "unsure";
    return { tone, sign: signs[first.verdict], systems, sentence: `Not as expected: ${first.system}, ${witnessNames[first.witness].name.toLowerCase()}, is ${first.verdict} and should be ${first.expected}${surprising.length > 1 ? `; ${surprising.length - 1} more accounts differ` : ""}.` };
  }
  if (expected.length > 0 && expected.length === accounts.length) {
    return { tone: "good", sign: "✓", systems, sentence: `${accounts.length === 1 ? "The account is" : `All ${accounts.length} accounts are`} as expected: ${expectation(systems)}.` };
  }
  return { tone: tones[verdict], sign: signs[verdict], systems, sentence: plain[verdict] };
}

const plain: { readonly [verdict in RunVerdict]: string } = {
  valid: "No anomaly was found.",
  invalid: "The promise is broken.",
  unknown: "No verdict: a checker reached its budget before it could tell.",
  vacuous: "No verdict: there is too little evidence for one.",
};

const told: { readonly [verdict in RunVerdict]: string } = {
  valid: "keeps its promise",
  invalid: "breaks its promise",
  unknown: "is not decided",
  vacuous: "was hardly tested",
};

function expectation(systems: Headline["systems"]): string {
  return systems.map((line) => `${line.system} ${told[line.verdict]}`).join(", ");
}

/** The worst verdict of a system, in the words of the witness that gave it; for a valid one the explorer's proof comes first. */
function systemLine(system: string, accounts: readonly WitnessAccount[]): Headline["systems"][number] {
  const verdict = worstRunVerdict(accounts.map((account) => account.verdict));
  const order = verdict === "valid" ? ["explore", "deploy", "simulate", "compare"] : witnessOrder;
  const speaker = order.flatMap((witness) => accounts.filter((account) => account.witness === witness && account.verdict === verdict))[0];
  const proved = verdict === "valid" && speaker?.witness === "explore" ? "as proved within the stated bounds" : undefined;
  const what = [told[verdict], proved].filter((part) => part !== undefined).join(" ");
  return { system, verdict, sentence: speaker === undefined || speaker.summary === "" ? `${what}.` : `${what}: ${firstLine(speaker.summary.replace(/^proof: /, ""))}` };
}
