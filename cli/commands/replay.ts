import type { Command } from "commander";
import { seed, type Seed } from "../../harness/ids.ts";
import { freshSeed } from "../../harness/random.ts";
import { anomalyText, styleOf } from "../../results/console.ts";
import { drawText } from "../../results/draw.ts";
import { anomalyJson } from "../../results/json.ts";
import { replayForReal, replayInModel } from "../../suites/replay.ts";
import { exitOfVerdict } from "../exit-codes.ts";
import { interruptible } from "../interrupt.ts";
import { Output } from "../output.ts";

interface ReplayFlags {
  readonly deploy: boolean;
  readonly seed?: Seed;
  readonly runs: string;
  readonly json: boolean;
}

/** `rashomon replay FILE [--deploy] [--json]`: a schedule that a witness found, in the model or on real processes. */
export function addReplay(program: Command): void {
  program
    .command("replay")
    .argument("<file>", "a schedule, as `explore --schedule` and `simulate --schedule` write it")
    .option("--deploy", "on real processes: deliveries wait until the schedule lets them in, crashes are SIGKILLs", false)
    .option("--seed <text>", "of what the schedule does not decide (default: fresh, and printed)", (text) => seed(text))
    .option("--runs <folder>", "where run folders go, with --deploy", "runs")
    .option("--json", "one JSON object on standard output", false)
    .description("plays a found schedule again, step by step, and judges what happened")
    .action(async (file: string, flags: ReplayFlags) => {
      const output = new Output(flags.json);
      if (flags.deploy) await forReal(file, flags, output);
      else inModel(file, output);
      process.exitCode = output.exitCode;
    });
}

function inModel(file: string, output: Output): void {
  const { system, applied, broken, verdict, diagram } = replayInModel(file);
  output.exit(exitOfVerdict(verdict));
  output.result({ file, system, verdict, applied, ...(broken === undefined ? {} : { broken }) }, () => [`${file}: ${verdict}  (${applied} steps of ${system}${broken === undefined ? "" : `, then not ${broken}`})`, drawText(diagram)].join("\n"));
}

async function forReal(file: string, flags: ReplayFlags, output: Output): Promise<void> {
  const replayed = await interruptible((signal) => replayForReal({ path: file, seed: flags.seed ?? freshSeed(), root: flags.runs, signal, tell: (line) => output.message(line) }), output);
  const { model, verdict, applied, lost, folder, report } = replayed;
  const anomalies = Object.values(verdict.checkers).flatMap((answer) => (answer.verdict === "invalid" ? answer.anomalies : []));
  output.exit(exitOfVerdict(verdict.verdict));
  output.result(
    { file, system: model.system, verdict: verdict.verdict, model: model.verdict, applied, lost: { ...lost }, run: folder.path, ...(report === undefined ? {} : { report }), anomalies: anomalies.map(anomalyJson) },
    () =>
      [
        `${file}: ${verdict.verdict} on real processes, ${model.verdict} in the model  (${applied} steps of ${model.system})`,
        ...(lost.onLinks + lost.keptOut === 0 ? [] : [`  of the messages that it loses, ${lost.onLinks} were lost on their links and ${lost.keptOut} at a door`]),
        ...anomalies.map((anomaly) => anomalyText(anomaly, styleOf(process.stdout))),
        ...(report === undefined ? [] : [`  report: ${report}`]),
      ].join("\n"),
  );
}
