import type { Command } from "commander";
import { seed, type Seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { freshSeed } from "../../harness/random.ts";
import { HarnessError } from "../../harness/errors.ts";
import { aspectsOf, compareAccount, type Compared, compareNow, comparisonRecord, exploreObserved, traceSentence } from "../../suites/compare.ts";
import { curveText } from "../../suites/compare/curve-text.ts";
import { writeComparison } from "../../suites/compare/report.ts";
import { createRunFolder } from "../../results/store.ts";
import { commandName } from "../../suites/machine.ts";
import { splitSettings } from "../../suites/settings.ts";
import { simulateAccount, simulateNow } from "../../suites/simulate.ts";
import { findSubject, type Subject } from "../../suites/subject.ts";
import type { SystemDefinition } from "../../harness/actor.ts";
import type { OptionSpec, Settings } from "../../harness/options.ts";
import { numberOf } from "../../harness/options.ts";
import { integer } from "../arguments.ts";
import { common, type CommonFlags } from "../common.ts";
import { exitOfVerdict } from "../exit-codes.ts";
import { interruptible } from "../interrupt.ts";
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

const compareOptions: readonly OptionSpec[] = [
  { name: "rounds", kind: "integer", unit: "rounds on the deployed cluster", default: 100, min: 1, reason: "a few seconds" },
  { name: "simulatedRuns", kind: "integer", unit: "seeded runs in the simulator", default: 2000, min: 0, reason: "a second of CPU" },
  { name: "maxDelayMs", kind: "integer", unit: "ms, the slowest link's longest delay", default: 8, min: 0, reason: "met more outcomes of abd than 4 ms did, at half the rounds a second" },
  { name: "historiesMax", kind: "integer", unit: "of the model's histories, judged by every checker", default: 5000, min: 0, reason: "a few seconds of CPU" },
];

/** `rashomon compare SYSTEM [--json]` */
export function addCompare(program: Command): void {
  common(program.command("compare"))
    .argument("<system>", "a system of actors; see `rashomon list systems`")
    .option("--seed <text>", "of the rounds' delays (default: fresh, and printed)", (text) => seed(text))
    .option("--runs <folder>", "where the report and the traces go", "runs")
    .description("plays the model's clients on real processes and in the simulator, and holds what was seen against the model")
    .action(async (name: string, flags: CommonFlags & { seed?: Seed; runs: string }) => {
      const output = new Output(flags.json);
      const definition = actorsOf(name);
      const [settings, own] = splitSettings(flags.set, [definition, { name: "compare", options: compareOptions }]) as [Settings, Settings];
      const from = flags.seed ?? freshSeed();
      // Before the handler for Ctrl-C is there: exploring leaves the event loop no turn, and nothing is there to heal.
      const explored = exploreObserved(definition, settings, { budgetMs: flags.budget, progress: (line) => output.message(line) });
      const folder = createRunFolder({ root: flags.runs, scenario: `${name}/compare`, seed: from });
      const compared = await interruptible(
        (signal) =>
          compareNow({
            definition,
            settings,
            seed: from,
            rounds: numberOf(own, "rounds"),
            simulatedRuns: numberOf(own, "simulatedRuns"),
            maxDelayMs: numberOf(own, "maxDelayMs"),
            historiesMax: numberOf(own, "historiesMax"),
            budgetMs: flags.budget,
            signal,
            tell: (line) => output.message(line),
            explored,
            folder: folder.path,
          }),
        output,
      );
      const rerun = [commandName(), "compare", name, ...flags.set.map((setting) => `--set ${setting}`), `--seed ${from}`].join(" ");
      const account = compareAccount(compared, { seed: from, rerun });
      const report = writeComparison(compared, { folder, account, seed: from, rerun, tell: (line) => output.message(line) });
      output.exit(exitOfVerdict(compared.verdict));
      output.result(
        {
          system: name,
          verdict: compared.verdict,
          model: { outcomes: compared.deployed.coverage.of, histories: compared.explored.exploration.outcomes?.all.size ?? 0, complete: compared.explored.exploration.complete },
          deployed: short(compared.deployed),
          ...(compared.simulated === undefined ? {} : { simulated: short(compared.simulated) }),
          agreement: compared.agreement as unknown as Json,
          trace: { verdict: compared.trace.verdict, ...compared.trace.counts, ...(compared.trace.verdict === "invalid" ? { first: compared.trace.first } : {}) },
          handlers: compared.handlers === undefined ? null : aspectsOf(compared.handlers),
          ...(report === undefined ? {} : { report }),
          seed: from,
          rerun,
          cpuMs: Math.round(compared.cpuMs),
        },
        () => [`${name}: ${account.summary}`, ...account.figures.map(({ label, value }) => `  ${label}: ${value}`), `  ${traceSentence(compared.trace)}`, ...curvesText(compared), `  within these bounds: ${account.bounds?.join("; ") ?? ""}`, ...(report === undefined ? [] : [`  report: ${report}`]), `  again: ${rerun}`].join("\n"),
      );
      process.exitCode = output.exitCode;
    });
}

/** Each kind of testing's accumulation curve in a line: histories, local states, handler branches. */
function curvesText(compared: Compared): string[] {
  const { total, sources, aspects = [] } = comparisonRecord(compared);
  return [{ what: "histories", total, sources }, ...aspects].flatMap((aspect) =>
    aspect.sources.map(({ name, rounds, seen, curve, estimated }) => {
      const share = aspect.total === 0 ? 0 : Math.round((100 * seen) / aspect.total);
      const unseen = estimated === undefined ? "" : `, at least ${Math.round(estimated).toLocaleString("en")} by Chao's estimate`;
      return `  ${`${name}, ${aspect.what}`.padEnd(28)} ${curveText(curve, { rounds, total: aspect.total })} ${seen.toLocaleString("en")} of ${aspect.total.toLocaleString("en")} (${share} %)${unseen}`;
    }),
  );
}

function short(comparison: Awaited<ReturnType<typeof compareNow>>["deployed"]): Json {
  const { inclusion, coverage } = comparison;
  return {
    rounds: comparison.rounds,
    distinct: comparison.distinct,
    included: inclusion.included,
    outside: inclusion.outside,
    seen: coverage.seen,
    of: coverage.of,
    share: coverage.share,
    unseenMass: coverage.unseenMass,
  };
}

function actorsOf(name: string): SystemDefinition {
  const subject: Subject = findSubject(name);
  if (subject.model !== undefined) return subject.model;
  throw new HarnessError("BAD_OPTION", `${name} is not written as actors`, { nextStep: `use \`rashomon run ${name}\`` });
}
