import type { Command } from "commander";
import { seed, type Seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import type { Settings } from "../../harness/options.ts";
import { freshSeed } from "../../harness/random.ts";
import { commandName } from "../../suites/machine.ts";
import { splitSettings } from "../../suites/settings.ts";
import { simulateAccount, simulateNow } from "../../suites/simulate.ts";
import { actorsOf } from "../actors-of.ts";
import { integer } from "../arguments.ts";
import { common, type CommonFlags } from "../common.ts";
import { exitOfVerdict } from "../exit-codes.ts";
import { Output } from "../output.ts";
import { pictures } from "../pictures.ts";
import { saveSchedule } from "../save-schedule.ts";

/** `rashomon simulate SYSTEM --runs N --seed S [--json]` */
export function addSimulate(program: Command): void {
  common(program.command("simulate"))
    .argument("<system>", "a system of actors; see `rashomon list systems`")
    .option("--runs <count>", "seeded runs", integer(1), 1000)
    .option("--seed <text>", "of all runs (default: fresh, and printed)", (text) => seed(text))
    .option("--strategy <name>", "uniform, latency or pct: how the next event is chosen", "latency")
    .option("--schedule <file>", "write the first bad run there, shrunk, for `rashomon replay`")
    .description("plays a system's model clients in virtual time, one seed a run; a failing run replays exactly")
    .action((name: string, flags: CommonFlags & { runs: number; seed?: Seed; strategy: string; schedule?: string }) => {
      const output = new Output(flags.json);
      const definition = actorsOf(name);
      const [settings] = splitSettings(flags.set, [definition]) as [Settings];
      const from = flags.seed ?? freshSeed();
      const simulated = simulateNow({ definition, settings, runs: flags.runs, seed: from, strategy: flags.strategy, budgetMs: flags.budget });
      const bad = simulated.simulation.firstBad;
      if (flags.schedule !== undefined) saveSchedule(flags.schedule, { system: name, settings, found: bad && { property: bad.property, steps: bad.shrunk.schedule } }, output);
      const rerun = [commandName(), "simulate", name, `--runs ${flags.runs}`, `--seed ${from}`, `--strategy ${flags.strategy}`, ...flags.set.map((setting) => `--set ${setting}`)].join(" ");
      const account = simulateAccount(simulated, { seed: from, rerun });
      output.exit(exitOfVerdict(simulated.verdict));
      output.result({ ...(simulated.json as { readonly [key: string]: Json }), seed: from, rerun }, () =>
        [`${name}: ${account.summary}`, `  ${account.figures.map(({ label, value }) => `${label} ${value}`).join(", ")}`, ...pictures(account.discoveries ?? []), `  again: ${rerun}`].join("\n"),
      );
      process.exitCode = output.exitCode;
    });
}
