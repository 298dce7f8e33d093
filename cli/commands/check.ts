import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { workloads as elleWorkloads } from "../../checkers/elle/elle.ts";
import { HarnessError } from "../../harness/errors.ts";
import { isObject, type Json } from "../../harness/json.ts";
import type { Verdict } from "../../harness/verdict.ts";
import { exportHistory } from "../../results/formats/export.ts";
import { formats } from "../../results/formats/formats.ts";
import type { FormatName } from "../../results/formats/format.ts";
import { anomalyText, styleOf } from "../../results/console.ts";
import { anomalyJson, checkJson } from "../../results/json.ts";
import { judgeFile } from "../../suites/judge.ts";
import { elleWorkload, judgeElleFile } from "../../suites/judge-elle.ts";
import { judgeRunAgain } from "../../suites/redo.ts";
import { cpuMs } from "../../harness/time.ts";
import { duration, integer, jsonOrText, list, repeated } from "../arguments.ts";
import { exitOfVerdict } from "../exit-codes.ts";
import { Output } from "../output.ts";
import { writeFile } from "../write-file.ts";

interface CheckOptions {
  readonly spec?: string;
  readonly elle?: string;
  readonly models?: string[];
  readonly initial?: Json;
  readonly format?: FormatName;
  readonly budget?: number;
  readonly steps: number;
  readonly shrink?: string;
  readonly set: string[];
  readonly completionsOnly: boolean;
  readonly json: boolean;
}

/** Time for a file without --elle, ms. */
const budgetMsDefault = 60_000;

/** `rashomon check FILE… [--spec … | --elle WORKLOAD --models M,…] [--initial V] [--format F] [--budget 60s] [--json]` */
export function addCheck(program: Command): void {
  program
    .command("check")
    .argument("<files...>", "recorded histories, or run folders")
    .option("--spec <object>", "register, cas-register, kv, mutex, …: see `rashomon list specs` (default: told from the functions)")
    .addOption(new Option("--elle <workload>", `transactions: ${elleWorkloads.join(", ")}`).conflicts(["spec", "initial"]))
    .option("--models <names>", "with --elle, the consistency models that should hold, separated by commas (default: strict-serializable)", list)
    .option("--initial <value>", "what the object holds at first, as JSON", (text) => jsonOrText(text) as Json)
    .option("--format <form>", `${formats.map((format) => format.name).join(", ")} (default: found by itself)`, formatName)
    .option("--budget <duration>", "time for each file; past it the verdict is unknown (default: 60s; with --elle none, --steps counts)", duration)
    .option("--steps <n>", "with --elle, work of the search for each file: the same on any machine", integer(1), 50_000_000)
    .option("--shrink <file>", "with --elle, write the smallest sub-history that shows the first anomaly, as EDN that Elle reads too")
    .option("--set <key=value>", "an option of the object, or of --elle (wfr-keys=true, sequential-keys=true, linearizable-keys=true, rmw=true, transaction-order=FILE, version-order=FILE, timestamps=true, anomalies=G0,G1a); repeatable", repeated, [])
    .option("--completions-only", "accept completions without invocations", false)
    .option("--json", "one JSON object a line", false)
    .description("judges histories that were recorded here or by others")
    .action(async (files: string[], options: CheckOptions, command: Command) => {
      const output = new Output(options.json);
      const given = (name: string): boolean => (command.getOptionValueSource(name) ?? "default") !== "default";
      const unused = options.elle === undefined ? ["models", "steps", "shrink"].find(given) : undefined;
      if (unused !== undefined) throw new HarnessError("USAGE", `--${unused} is of transactions`, { nextStep: `leave it out, or say which transactions these are: --elle ${elleWorkloads.join("|")}` });
      for (const file of files) {
        try {
          if (options.elle !== undefined) await checkTransactions(file, options.elle, options, output);
          else if (options.spec === undefined && isRunFolder(file)) await checkRun(file, { options, given }, output);
          else await check(file, options, output);
        } catch (error) {
          output.failure(error, { file });
        }
      }
      process.exitCode = output.exitCode;
    });
}

async function check(file: string, options: CheckOptions, output: Output): Promise<void> {
  const judgement = await judgeFile(file, {
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.spec === undefined ? {} : { spec: options.spec }),
    ...(options.initial === undefined ? {} : { initial: options.initial }),
    budgetMs: options.budget ?? budgetMsDefault,
    set: options.set,
    completionsOnly: options.completionsOnly,
    explain: true,
  });
  const { verdict } = judgement;
  for (const note of judgement.notes) output.message(`${file}: ${note}`);
  output.exit(exitOfVerdict(verdict.verdict));
  output.result(
    checkJson(file, verdict, judgement),
    () =>
      [
        `${file}: ${verdict.verdict}  (${judgement.operations} operations on a ${judgement.spec}, ${judgement.recorded.format}, ${verdict.checker})`,
        ...(verdict.verdict === "unknown" ? [`  ${verdict.reason}`] : []),
        ...(verdict.verdict === "invalid" ? verdict.anomalies : []).map((anomaly) => anomalyText(anomaly, styleOf(process.stdout))),
      ].join("\n"),
  );
}

/** Transactions are judged by the anomalies that the asked models forbid; `anomaly-types`, `not` and `also-not` are in Elle's names. */
async function checkTransactions(file: string, workload: string, options: CheckOptions, output: Output): Promise<void> {
  const judgement = await judgeElleFile(file, elleWorkload(workload), {
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.models === undefined ? {} : { models: options.models }),
    set: options.set,
    stepsMax: options.steps,
    ...(options.budget === undefined ? {} : { budgetMs: options.budget }),
    completionsOnly: options.completionsOnly,
    shrink: options.shrink !== undefined,
  });
  const { verdict, smallest } = judgement;
  if (smallest !== undefined && options.shrink !== undefined) writeFile("--shrink", options.shrink, exportHistory(smallest.history, "elle"));
  for (const note of judgement.recorded.notes) output.message(`${file}: ${note}`);
  output.exit(exitOfVerdict(verdict.verdict));
  const terms = { "anomaly-types": verdict.details?.["anomaly-types"] ?? [], not: verdict.details?.["not"] ?? [], "also-not": verdict.details?.["also-not"] ?? [] };
  const listed = (names: Json): string => (Array.isArray(names) ? names.join(", ") : "");
  const shrunk = smallest === undefined ? {} : { smallest: { file: options.shrink, anomaly: smallest.anomaly, operations: smallest.history.operationCount } };
  const { complete } = completeness(verdict);
  const unwritten = verdict.details?.["unwritten-reads"];
  const evidence = verdict.details?.["evidence"];
  output.result({ ...checkJson(file, verdict, judgement), ...terms, ...completeness(verdict), ...(unwritten === undefined ? {} : { "unwritten-reads": unwritten }), ...(evidence === undefined ? {} : { evidence }), ...shrunk }, () =>
    [
      `${file}: ${verdict.verdict}  (${judgement.operations} transactions, ${judgement.recorded.format}, ${verdict.checker})`,
      ...(verdict.verdict === "unknown" ? [`  ${verdict.reason}`] : []),
      ...(verdict.verdict === "invalid" ? verdict.anomalies : []).map((anomaly) => anomalyText(anomaly, styleOf(process.stdout))),
      ...(complete === undefined ? [] : [complete ? "  every order of versions is known: the verdict is complete" : "  not every order of versions is known: there may be anomalies that were not seen"]),
      ...(verdict.details?.["reads-before-writes"] === true ? ["  every write follows a read of its key: --set rmw=true looks for more, and says whether that is all"] : []),
      ...(evidence === undefined ? [] : [`  judged by ${String(evidence)}`]),
      ...(isObject(unwritten) ? [`  ${String(unwritten["count"])} reads of what nobody wrote, the first in ${String(unwritten["first"])} (no model forbids them: --set anomalies=unwritten-read does)`] : []),
      ...(smallest === undefined ? [] : [`  the smallest sub-history that shows ${smallest.anomaly}, ${smallest.history.operationCount} of ${judgement.operations} transactions, is in ${options.shrink}:`, exportHistory(smallest.history, "elle").trimEnd()]),
      ...(listed(terms.not) === "" ? [] : [`  not ${listed(terms.not)}`, `  nor what is stronger: ${listed(terms["also-not"])}`]),
    ].join("\n"),
  );
}

/** Whether a verdict by --set rmw=true is a proof both ways. */
function completeness(verdict: Verdict): { readonly complete?: boolean } {
  const complete = verdict.details?.["complete"];
  return typeof complete === "boolean" ? { complete } : {};
}

/** A run's folder knows its own workload: it is judged by that workload's checkers, and its reports are drawn again. */
async function checkRun(path: string, asked: { readonly options: CheckOptions; readonly given: (name: string) => boolean }, output: Output): Promise<void> {
  const { options } = asked;
  const unused = ["initial", "format", "set", "completionsOnly"].find(asked.given);
  if (unused !== undefined) {
    throw new HarnessError("USAGE", `${path} is a run's folder: its own workload judges it, and --${unused.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)} has no place there`, {
      nextStep: `leave it out, or judge the history alone, with --spec`,
    });
  }
  const cpu = cpuMs();
  const { run, verdict, history } = await judgeRunAgain(path, { budgetMs: options.budget ?? budgetMsDefault, tell: (line) => output.message(`${path}: ${line}`) });
  output.exit(exitOfVerdict(verdict.verdict));
  const anomalies = Object.values(verdict.checkers).flatMap((answer) => (answer.verdict === "invalid" ? answer.anomalies : []));
  output.result(
    {
      file: path,
      verdict: verdict.verdict,
      operations: history.operationCount,
      checker: Object.keys(verdict.checkers).join(","),
      anomalies: anomalies.map(anomalyJson),
      cpuMs: Math.round(cpuMs() - cpu),
      ...(verdict.reasons.length === 0 ? {} : { reason: verdict.reasons.join("; ") }),
    },
    () => [`${path}: ${verdict.verdict}  (${history.operationCount} operations of ${run.run?.scenario ?? "a run"})`, ...verdict.reasons.map((reason) => `  ${reason}`), ...anomalies.map((anomaly) => anomalyText(anomaly, styleOf(process.stdout)))].join("\n"),
  );
}

function isRunFolder(path: string): boolean {
  return existsSync(join(path, "run.json"));
}

function formatName(text: string): FormatName {
  const format = formats.find((candidate) => candidate.name === text);
  if (format === undefined) throw new InvalidArgumentError(`takes one of ${formats.map((known) => known.name).join(", ")}.`);
  return format.name;
}
