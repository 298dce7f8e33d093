import type { Command } from "commander";
import { drawReportAgain } from "../../suites/redo.ts";
import { Output } from "../output.ts";

/** `rashomon report RUN [--json]`: draws `report.html` again from the run's files. */
export function addReport(program: Command): void {
  program
    .command("report")
    .argument("[run]", "folder of a run or demo", "runs/latest")
    .option("--json", "one JSON object on standard output", false)
    .description("draws the report of a stored run again")
    .action(async (run: string, flags: { json: boolean }) => {
      const output = new Output(flags.json);
      const { report, verdicts } = await drawReportAgain(run, (line) => output.message(line));
      output.result({ report, verdicts }, () => report);
    });
}
