import type { Command } from "commander";
import { regress } from "../../suites/regression/regress.ts";
import { findRow, regressionRows } from "../../suites/regression/registry.ts";
import { integer } from "../arguments.ts";
import { exitCodes } from "../exit-codes.ts";
import { interruptible } from "../interrupt.ts";
import { Output } from "../output.ts";

interface RegressFlags {
  readonly runs?: number;
  readonly record: string;
  readonly table?: string;
  readonly runFolders: string;
  readonly json: boolean;
}

/** `rashomon regress [ROW…] [--runs N]`: runs known anomalies and their controls, goes on with the track record. */
export function addRegress(program: Command): void {
  program
    .command("regress")
    .argument("[rows...]", `rows of the corpus of known anomalies; without any, all: ${regressionRows.map(({ name }) => name).join(", ")}`)
    .option("--runs <count>", "results of each side to have in the end, those on record included (default: what each row wants)", integer(1, 10_000))
    .option("--record <file>", "the results, one JSON line each; appended to", "docs/track-record.jsonl")
    .option("--table <file>", "the table that is made of them (default: beside the results, .md in place of .jsonl)")
    .option("--run-folders <folder>", "where run folders go", "runs")
    .option("--json", "one JSON object a line on standard output", false)
    .description("finds known anomalies of real databases, and of a toy store, again, each beside the control in which it must not appear; resumable")
    .action(async (names: string[], flags: RegressFlags) => {
      const output = new Output(flags.json);
      const { runs, record, runFolders } = flags;
      const table = flags.table ?? tableBeside(record);
      const rows = names.length === 0 ? regressionRows : names.map(findRow);
      const summary = await interruptible(
        (signal) => regress({ rows, ...(runs === undefined ? {} : { runs }), record, table, runFolders, signal, tell: (line) => output.message(line) }),
        output,
      );
      if (summary.failures.length > 0) output.exit(exitCodes.infrastructure);
      for (const row of rows) {
        const of = (side: "anomalous" | "control"): typeof summary.lines => summary.lines.filter((line) => line.row === row.name && line.side === side);
        const found = of("anomalous").filter((line) => line.reproduced).length;
        const clean = of("control").filter((line) => line.verdict === "valid").length;
        output.result({ row: row.name, anomalous: of("anomalous").length, found, control: of("control").length, clean }, () =>
          `${row.name}: found in ${found} of ${of("anomalous").length}, control valid in ${clean} of ${of("control").length}`,
        );
      }
      process.exitCode = output.exitCode;
    });
}

/** `docs/track-record.jsonl` → `docs/track-record.md`: a record elsewhere leaves the documents' table alone. */
export function tableBeside(record: string): string {
  return `${record.replace(/\.jsonl$/, "")}.md`;
}
