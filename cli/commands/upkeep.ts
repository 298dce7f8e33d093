import type { Command } from "commander";
import { doctor } from "../../clusters/docker/doctor.ts";
import { sweepDocker } from "../../clusters/docker/sweep.ts";
import { HarnessError } from "../../harness/errors.ts";
import { healAll, healLedger, type HealReport } from "../../harness/ledger/heal.ts";
import { exitCodes } from "../exit-codes.ts";
import { Output } from "../output.ts";

/** `rashomon doctor [--json]`: what is missing and how to get it; exit 4 when something that a fault or cluster needs is. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .option("--json", "one JSON object a line", false)
    .description("says what this machine lacks (engine, image, capability) and how to get it")
    .action(async (options: { json: boolean }) => {
      const output = new Output(options.json);
      for (const finding of await doctor()) {
        if (!finding.ok) output.exit(exitCodes.infrastructure);
        output.result({ name: finding.name, ok: finding.ok, detail: finding.detail, ...(finding.nextStep === undefined ? {} : { nextStep: finding.nextStep }) }, () =>
          [`${finding.ok ? "ok     " : "missing"} ${finding.name}: ${finding.detail}`, ...(finding.nextStep === undefined ? [] : [`        next: ${finding.nextStep}`])].join("\n"),
        );
      }
      process.exitCode = output.exitCode;
    });
}

/** `rashomon heal [RUN…]`: undoes what killed runs left behind, then sweeps labelled containers of dead owners. */
export function addHeal(program: Command): void {
  program
    .command("heal")
    .argument("[runs...]", "run folders; without any, every run that was left open")
    .option("--json", "one JSON object a line", false)
    .description("cleans up what a killed run left behind: processes, proxies, containers, folders")
    .action(async (runs: string[], options: { json: boolean }) => {
      const output = new Output(options.json);
      const reports: HealReport[] = runs.length === 0 ? await healAll() : [];
      for (const run of runs) {
        try {
          reports.push(await healLedger(run));
        } catch (error) {
          output.failure(error, { run });
        }
      }
      for (const report of reports) {
        const failed = report.entries.filter((entry) => !entry.ok);
        const healed = report.entries.filter((entry) => entry.ok);
        if (failed.length > 0) output.exit(exitCodes.infrastructure);
        output.result(
          { ledger: report.ledger, healed: healed.map((entry) => entry.what), failed: failed.map((entry) => entry.what), ...(report.skipped === undefined ? {} : { skipped: report.skipped }) },
          () =>
            [
              `${report.ledger}: ${healed.length} undone, ${failed.length} failed${report.skipped === undefined ? "" : ` (${report.skipped})`}`,
              ...failed.map((entry) => `  FAILED ${entry.what}: ${entry.detail}`),
            ].join("\n"),
        );
      }
      const swept = await sweepDocker();
      if (swept.removed.length > 0) output.result({ swept: swept.removed }, () => `removed ${swept.removed.join(", ")}`);
      for (const { what, error } of swept.failed) output.failure(new HarnessError("HEAL_FAILED", `could not remove ${what}: ${error}`, { nextStep: "see whether the engine answers (`rashomon doctor`), then heal again" }));
      if (reports.length === 0 && swept.removed.length === 0 && output.exitCode === exitCodes.valid) output.message("nothing to heal");
      process.exitCode = output.exitCode;
    });
}
