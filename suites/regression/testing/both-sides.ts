import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { seed } from "../../../harness/ids.ts";
import { type RegressionRow, reproduces } from "../row.ts";

/** Wall time of both sides of a row that takes seconds, on a loaded machine, ms. */
export const bothSidesMs = 300_000;

/** Runs both sides of a row: the anomaly is found, the control is valid. */
export async function expectBothSides(row: RegressionRow): Promise<void> {
  const runs = mkdtempSync(join(tmpdir(), "rashomon-rows-"));
  const context = { runs, signal: new AbortController().signal, tell: () => {} };
  try {
    const anomalous = await row.anomalous.run({ ...context, seed: seed(`${row.name}-test`) });
    const control = await row.control.run({ ...context, seed: seed(`${row.name}-test`) });

    expect(reproduces(row, anomalous), `${anomalous.verdict} ${JSON.stringify(anomalous.found)}: ${anomalous.rerun}`).toBe(true);
    expect(control.verdict, `${JSON.stringify(control.found)}: ${control.rerun}`).toBe("valid");
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
}
