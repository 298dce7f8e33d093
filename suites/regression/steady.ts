import { quantile } from "../../results/statistics.ts";
import type { TrackLine } from "./record.ts";
import type { RegressionRow } from "./row.ts";

/** Fewer runs than this say too little. */
const runsMin = 3;
const foundMin = 0.9;
const medianMsMax = 30_000;

/**
 * Rows that a test can rest on: as they are defined now, their anomaly was found in 90 % of the recorded runs or more,
 * their control was valid in all, and a run of either side takes less than 30 s (median). O(lines).
 */
export function steadyRows(rows: readonly RegressionRow[], lines: readonly TrackLine[]): readonly RegressionRow[] {
  return rows.filter((row) => {
    const of = (side: "anomalous" | "control"): readonly TrackLine[] => lines.filter((line) => line.row === row.name && line.side === side && line.label === row[side].label);
    const [anomalous, control] = [of("anomalous"), of("control")];
    const quick = [anomalous, control].every((side) => side.length >= runsMin && quantile(side.map(({ wallMs }) => wallMs).sort((a, b) => a - b), 0.5) < medianMsMax);
    return quick && anomalous.filter(({ reproduced }) => reproduced).length >= foundMin * anomalous.length && control.every(({ verdict }) => verdict === "valid");
  });
}
