import type { Command } from "commander";
import { anomalyText, styleOf } from "../../results/console.ts";
import { anomalyJson } from "../../results/json.ts";
import { validateRun } from "../../suites/validate.ts";
import { cpuMs } from "../../harness/time.ts";
import { exitOfVerdict } from "../exit-codes.ts";
import { Output } from "../output.ts";

/** `rashomon validate RUN… [--json]`: are the nodes' real traces behaviours of the system's definition? */
export function addValidate(program: Command): void {
  program
    .command("validate")
    .argument("[runs...]", "folders of runs of systems of actors on real processes", ["runs/latest"])
    .option("--json", "one JSON object a line", false)
    .description("replays the nodes' traces of a stored run through the same handlers; names the first event that they do not explain")
    .action(async (runs: string[], flags: { json: boolean }) => {
      const output = new Output(flags.json);
      for (const run of runs) {
        try {
          await validate(run, output);
        } catch (error) {
          output.failure(error, { run });
        }
      }
      process.exitCode = output.exitCode;
    });
}

async function validate(run: string, output: Output): Promise<void> {
  const cpu = cpuMs();
  const { system, trace, verdict } = await validateRun(run);
  const anomalies = verdict.verdict === "invalid" ? verdict.anomalies : [];
  const broken = trace.verdict === "valid" ? trace.broken : undefined;
  const { events, sent, delivered } = trace.counts;
  output.exit(exitOfVerdict(verdict.verdict));
  output.result(
    {
      run,
      system,
      verdict: verdict.verdict,
      ...trace.counts,
      ...(trace.verdict === "invalid" ? { first: trace.first } : {}),
      ...(broken === undefined ? {} : { broken }),
      ...(verdict.verdict === "unknown" ? { reason: verdict.reason } : {}),
      anomalies: anomalies.map(anomalyJson),
      cpuMs: Math.round(cpuMs() - cpu),
    },
    () =>
      [
        `${run}: ${verdict.verdict}  (${events.toLocaleString("en")} events of ${system} explained, ${delivered.toLocaleString("en")} of ${sent.toLocaleString("en")} messages handled)`,
        ...(verdict.verdict === "unknown" ? [`  ${verdict.reason}`] : []),
        ...(broken === undefined ? [] : [`  the definition itself broke "${broken.property}" at ${broken.at.node}, event ${broken.at.event}`]),
        ...anomalies.map((anomaly) => anomalyText(anomaly, styleOf(process.stdout))),
      ].join("\n"),
  );
}
