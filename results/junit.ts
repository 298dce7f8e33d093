import type { Verdict } from "../harness/verdict.ts";
import { drawText } from "./draw/text.ts";
import { escapeXml } from "./draw/svg.ts";
import type { RunReport, RunVerdict } from "./records.ts";
import { endOf, startOf } from "./statistics.ts";
import { firstLine } from "./words.ts";

/**
 * JUnit XML, as continuous-integration servers read it: a suite per run, a case per checker, and one for the run's
 * evidence. A pass is `valid` only; `invalid` is a failure with its sentence and picture; what was not decided is
 * skipped with its reason (or an error, where a night without a verdict must not look green); the world's failures
 * (an engine that does not start) are errors, so that they are never taken for the system's.
 */
export interface JunitOptions {
  /** What `unknown` and `vacuous` become. Default `skipped`. */
  readonly undecided?: "skipped" | "error";
  /** Runs that could not be made. */
  readonly infrastructure?: readonly { readonly scenario: string; readonly error: string }[];
}

/** The whole document for some runs. Ends in a newline. */
export function junitXml(runs: readonly RunReport[], options: JunitOptions = {}): string {
  const suites = [
    ...runs.map((run) => suite(run.record.scenario, casesOf(run), { seed: run.record.seed, rerun: run.record.rerun, timestamp: run.record.startedAt, seconds: run.history === undefined ? 0 : (endOf(run.history) - startOf(run.history)) / 1e9, undecided: options.undecided ?? "skipped" })),
    ...(options.infrastructure ?? []).map(({ scenario, error }) => suite(scenario, [{ name: "infrastructure", verdict: "crashed", message: error, text: error }], { undecided: "error" })),
  ];
  const total = suites.reduce((sum, { counts }) => ({ tests: sum.tests + counts.tests, failures: sum.failures + counts.failures, errors: sum.errors + counts.errors, skipped: sum.skipped + counts.skipped }), { tests: 0, failures: 0, errors: 0, skipped: 0 });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="rashomon" ${countAttributes(total)}>\n${suites.map(({ xml }) => xml).join("")}</testsuites>\n`;
}

interface Case {
  readonly name: string;
  readonly verdict: RunVerdict | "crashed";
  readonly message: string;
  readonly text: string;
}
interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
}
interface SuiteOptions {
  readonly undecided: "skipped" | "error";
  readonly seed?: string;
  readonly rerun?: string;
  readonly timestamp?: string;
  readonly seconds?: number;
}

function casesOf(run: RunReport): Case[] {
  const { verdict } = run;
  const cases = Object.keys(verdict.checkers).sort().map((name) => caseOf(name, verdict.checkers[name]!));
  const decided = cases.some((one) => one.verdict === verdict.verdict);
  const reason = verdict.reasons.join("; ") || `the run is ${verdict.verdict}`;
  if (verdict.verdict === "vacuous" || !decided) cases.push({ name: "evidence", verdict: verdict.verdict, message: reason, text: verdict.reasons.join("\n") });
  return cases;
}

function caseOf(name: string, verdict: Verdict): Case {
  switch (verdict.verdict) {
    case "valid":
      return { name, verdict: "valid", message: "", text: "" };
    case "unknown":
      return { name, verdict: "unknown", message: verdict.reason, text: verdict.reason };
    case "invalid": {
      const [first] = verdict.anomalies;
      const told = verdict.anomalies.slice(0, 5).map((anomaly) => `${anomaly.name}: ${anomaly.explanation}\noperations ${anomaly.operations.join(", ")}\n${picture(anomaly.diagrams?.[0])}`);
      return { name, verdict: "invalid", message: `${first.name}: ${firstLine(first.explanation)}`, text: told.join("\n") };
    }
  }
}

function picture(diagram: Parameters<typeof drawText>[0] | undefined): string {
  if (diagram === undefined) return "";
  try {
    return `\n${drawText(diagram, { width: 100 })}\n`;
  } catch {
    return "(its picture could not be drawn)\n";
  }
}

function suite(name: string, cases: readonly Case[], options: SuiteOptions): { xml: string; counts: Counts } {
  const kinds = cases.map((one) => kindOf(one, options));
  const of = (kind: string): number => kinds.filter((other) => other === kind).length;
  const counts = { tests: cases.length, failures: of("failure"), errors: of("error"), skipped: of("skipped") };
  const time = (options.seconds ?? 0).toFixed(3);
  const timestamp = options.timestamp === undefined || !/^\d{4}-/.test(options.timestamp) ? "" : ` timestamp="${escapeXml(options.timestamp.replace(/\.\d+|Z$/g, ""))}"`;
  const properties = [["seed", options.seed], ["rerun", options.rerun]].filter(([, value]) => value !== undefined).map(([key, value]) => `      <property name="${key}" value="${escapeXml(value!)}"/>\n`).join("");
  const body = cases.map((one, i) => testCase(one, { suiteName: name, kind: kinds[i]! })).join("");
  return { counts, xml: `  <testsuite name="${escapeXml(name)}" ${countAttributes(counts)} time="${time}"${timestamp}>\n${properties === "" ? "" : `    <properties>\n${properties}    </properties>\n`}${body}  </testsuite>\n` };
}

type Kind = "pass" | "failure" | "error" | "skipped";

function kindOf(one: Case, options: SuiteOptions): Kind {
  if (one.verdict === "valid") return "pass";
  if (one.verdict === "invalid") return "failure";
  return one.verdict === "crashed" ? "error" : options.undecided;
}

function testCase(one: Case, { suiteName, kind }: { suiteName: string; kind: Kind }): string {
  const open = `    <testcase classname="${escapeXml(suiteName)}" name="${escapeXml(one.name)}" time="0"`;
  if (kind === "pass") return `${open}/>\n`;
  const message = `message="${escapeXml(oneLine(one.message))}"`;
  const inner = kind === "skipped" ? `<skipped ${message}/>` : `<${kind} ${message} type="${one.verdict}">${escapeXml(one.text)}</${kind}>`;
  return `${open}>\n      ${inner}\n    </testcase>\n`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function countAttributes(counts: Counts): string {
  return `tests="${counts.tests}" failures="${counts.failures}" errors="${counts.errors}" skipped="${counts.skipped}"`;
}
