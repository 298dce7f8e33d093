import { type Command, Option } from "commander";
import { seed, type Seed } from "../../harness/ids.ts";
import { monotonicMs } from "../../harness/time.ts";
import { freshSeed } from "../../harness/random.ts";
import { accountsText, anomalyText, liveLine, styleOf } from "../../results/console.ts";
import { demoDocker, demoLocal } from "../../suites/demo.ts";
import { repeated } from "../arguments.ts";
import { exitCodes } from "../exit-codes.ts";
import { interruptible } from "../interrupt.ts";
import { Output } from "../output.ts";

/** `rashomon demo [--cluster docker] [--seed S] [--json]` */
export function addDemo(program: Command): void {
  program
    .command("demo")
    .addOption(new Option("--cluster <kind>", "local: three witnesses on child processes; docker: a real etcd").choices(["local", "docker"]).default("local"))
    .option("--seed <text>", "of everything that is drawn (default: fresh, and printed)", (text) => seed(text))
    .option("--set <key=value>", "an option of the deployed systems or their workload; repeatable", repeated, [])
    .option("--runs <folder>", "where run folders go", "runs")
    .option("--json", "one JSON object on standard output", false)
    .description("the main job in a minute: a register that keeps its promise, twins that do not, and who noticed")
    .action(async (flags: { cluster: string; seed?: Seed; set: string[]; runs: string; json: boolean }) => {
      const output = new Output(flags.json);
      const from = flags.seed ?? freshSeed();
      const began = monotonicMs();
      const live = liveLine({ stream: process.stderr });
      const story = flags.cluster === "docker" ? demoDocker : demoLocal;
      const demo = await interruptible(
        (signal) =>
          story({
            seed: from,
            root: flags.runs,
            set: flags.set,
            hooks: { signal, live, tell: (line) => live.log(`  ${line}`) },
            chapter: (text) => live.log(`\n${text}`),
          }),
        output,
      ).finally(() => live.done());
      const anomaly = demo.accounts.flatMap((account) => account.anomalies ?? [])[0];
      output.result({ accounts: demo.accounts.map(({ witness, system, verdict, expected, summary }) => ({ witness, system, verdict, expected: expected ?? null, summary })), asExpected: demo.asExpected, report: demo.report, seed: from, rerun: demo.rerun }, () =>
        [
          ...(anomaly === undefined ? [] : ["", anomalyText(anomaly, styleOf(process.stdout))]),
          "",
          accountsText(demo.accounts, styleOf(process.stdout)),
          "",
          demo.asExpected ? `Every account is as expected (${Math.round((monotonicMs() - began) / 1000)} s).` : "NOT every account is as expected: see the table.",
          `report: ${demo.report}`,
          `again:  ${demo.rerun}`,
        ].join("\n"),
      );
      process.exitCode = demo.asExpected ? exitCodes.valid : exitCodes.invalid;
    });
}
