import { writeFileSync } from "node:fs";
import { describeError } from "../../harness/errors.ts";
import { seed } from "../../harness/ids.ts";
import { wallClock } from "../../harness/time.ts";
import { harnessCommit, harnessVersion } from "../machine.ts";
import { appendTrackLine, readTrackRecord, type TrackLine } from "./record.ts";
import { type RegressionRow, reproduces, type Trial } from "./row.ts";
import { trackRecord } from "./track-record.ts";

export interface RegressOptions {
  readonly rows: readonly RegressionRow[];
  /** Runs of each side to have in the end; default: what each row wants. */
  readonly runs?: number;
  /** The track record's file, to be gone on with. */
  readonly record: string;
  /** Where the table is written; default: nowhere. */
  readonly table?: string;
  /** Root of the run folders. */
  readonly runFolders: string;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

export interface RegressSummary {
  /** Of the rows asked for, all that the record has of this version of the harness. */
  readonly lines: readonly TrackLine[];
  /** Runs that could not be made. */
  readonly failures: readonly string[];
}

/**
 * Runs rows until the record has as many results of each side as are wanted for this version of the harness; what is
 * there already is not run again. The n-th run of a side always has the same seed. A run that fails to run is told of
 * and left out; the next one goes on.
 */
export async function regress(options: RegressOptions): Promise<RegressSummary> {
  const failures: string[] = [];
  for (const row of options.rows) {
    for (const side of ["anomalous", "control"] as const) {
      const wanted = options.runs ?? row.runs;
      const done = new Set(linesOf(options, row, side).map((line) => line.seed));
      for (let index = 0; index < wanted && done.size < wanted; index++) {
        const seedText = `${row.name}-${side}-${index}`;
        if (done.has(seedText)) continue;
        options.signal.throwIfAborted();
        try {
          await runOnce(options, { row, side, seedText });
          done.add(seedText);
        } catch (error) {
          options.signal.throwIfAborted();
          failures.push(`${row.name} ${side}: ${describeError(error)}`);
          options.tell(failures.at(-1)!);
        }
      }
    }
  }
  writeTable(options);
  return { lines: options.rows.flatMap((row) => [...linesOf(options, row, "anomalous"), ...linesOf(options, row, "control")]), failures };
}

async function runOnce(options: RegressOptions, { row, side, seedText }: { readonly row: RegressionRow; readonly side: "anomalous" | "control"; readonly seedText: string }): Promise<void> {
  const trial: Trial = row[side];
  const result = await trial.run({ seed: seed(seedText), runs: options.runFolders, signal: options.signal, tell: options.tell });
  const reproduced = reproduces(row, result);
  appendTrackLine(options.record, { schema: 1, row: row.name, side, label: trial.label, reproduced, seed: seedText, ...result, commit: harnessCommit(), at: wallClock().toISOString() });
  writeTable(options);
  const found = result.found.map(({ checker, anomaly, count }) => `${checker}: ${anomaly} × ${count}`).join(", ");
  options.tell(`${row.name} ${side} (${trial.label}): ${result.verdict}${found === "" ? "" : `, ${found}`}; ${(result.wallMs / 1000).toFixed(1)} s, seed ${seedText}`);
}

function writeTable({ table, record }: RegressOptions): void {
  if (table !== undefined) writeFileSync(table, trackRecord(readTrackRecord(record)));
}

function linesOf({ record }: RegressOptions, row: RegressionRow, side: "anomalous" | "control"): TrackLine[] {
  return readTrackRecord(record).filter((line) => line.row === row.name && line.side === side && line.label === row[side].label && line.versions["rashomon"] === harnessVersion());
}
