import type { Command } from "commander";
import { freshSeed } from "../../harness/random.ts";
import { type NodeId, seed, type Seed } from "../../harness/ids.ts";
import { liveLine, styleOf } from "../../results/console.ts";
import { deploy } from "../../suites/deploy.ts";
import { subjectNamed } from "../../suites/subject.ts";
import { type ScenarioRequest, scenarioOf } from "../../suites/scenario.ts";
import { runResult, runText } from "../../suites/summary.ts";
import { duration, integer, list, positive, repeated } from "../arguments.ts";
import { exitOfVerdict } from "../exit-codes.ts";
import { interruptible } from "../interrupt.ts";
import { Output } from "../output.ts";

/** The options as commander gives them; what a scenario needs, but for the system's name and a seed that may be fresh. */
interface RunFlags extends Omit<ScenarioRequest, "system" | "seed"> {
  readonly seed?: Seed;
  readonly allowFaults: boolean;
  readonly keep: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** `rashomon run SYSTEM [--cluster …] --workload W --nemesis N,… --time-limit 60s --rate 200 … [--json]` */
export function addRun(program: Command): void {
  program
    .command("run")
    .argument("<system>", "see `rashomon list systems`, or the definition file of a service of your own")
    .option("--cluster <kind>", "local, docker or simulated (default: the system's first)")
    .option("--workload <name>", "see `rashomon list workloads` (default: register, or the system's first)")
    .option("--nemesis <faults>", "comma-separated, such as isolate,kill:target=majority; see `rashomon list faults`", list, [])
    .option("--fault-every <duration>", "from the start of one fault to the start of the next", duration, 2500)
    .option("--fault-for <duration>", "how long each fault stays", duration, 1500)
    .option("--time-limit <duration>", "of the main phase, faults included", duration, 60_000)
    .option("--rate <ops>", "operations a second in all", positive, 200)
    .option("--concurrency <clients>", "client threads", integer(1, 100_000), 10)
    .option("--nodes <count>", "nodes of the cluster, at most 25: each is a process, and every pair has a link each way", integer(1, 25), 3)
    .option("--seed <text>", "of the fault schedule and the operations (default: fresh, and printed)", (text) => seed(text))
    .option("--operation-deadline <duration>", "after which an operation counts as info", duration, 1000)
    .option("--stop-at-first-violation", "judge while the run goes on, and end it as soon as a violation is certain", false)
    .option("--budget <duration>", "time for each checker; past it the verdict is unknown", duration, 60_000)
    .option("--set <key=value>", "an option of the system or the workload; repeatable", repeated, [])
    .option("--allow-faults", "pause and kill containers that rashomon did not make (a definition file names them)", false)
    .option("--keep", "leave the cluster up after the run; `rashomon heal` removes it", false)
    .option("--verbose", "tell the nodes' log lines as they come", false)
    .option("--runs <folder>", "where run folders go", "runs")
    .option("--json", "one JSON object on standard output", false)
    .description("deploys a system, runs a workload while faults are injected, records the history and judges it")
    .action(async (system: string, flags: RunFlags) => {
      const output = new Output(flags.json);
      const subject = await subjectNamed(system, { adoptedFaults: flags.allowFaults ? "allowed" : "refused" });
      const scenario = scenarioOf({ ...flags, system, seed: flags.seed ?? freshSeed() }, subject);
      output.message(`${scenario.name}, seed ${scenario.seed}`);
      const live = liveLine({ stream: process.stderr });
      const hooks = {
        live,
        tell: (line: string) => live.log(line),
        ...(flags.verbose ? { logLine: (node: NodeId, line: string) => live.log(`${node} | ${line}`) } : {}),
        ...(flags.keep ? { afterwards: "keep" as const } : {}),
      };
      const deployed = await interruptible((signal) => deploy(scenario, { ...hooks, signal }), output).finally(() => live.done());
      output.exit(exitOfVerdict(deployed.verdict.verdict));
      output.result(runResult(deployed), () => runText(deployed, styleOf(process.stdout)));
      process.exitCode = output.exitCode;
    });
}
