import { type Command, Option } from "commander";
import { seed, type Seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { numberOf, type OptionSpec, type Settings } from "../../harness/options.ts";
import { freshSeed } from "../../harness/random.ts";
import { createRunFolder } from "../../results/store.ts";
import { type Compared, compareNow } from "../../suites/compare.ts";
import { curveText } from "../../suites/compare/curve-text.ts";
import { exploreObserved } from "../../suites/compare/model-coverage.ts";
import type { RoundsCluster } from "../../suites/compare/real-rounds.ts";
import { aspectsOf, compareAccount, comparisonRecord, traceSentence } from "../../suites/compare/record.ts";
import { writeComparison } from "../../suites/compare/report.ts";
import { commandName } from "../../suites/machine.ts";
import { splitSettings } from "../../suites/settings.ts";
import { actorsOf } from "../actors-of.ts";
import { common, type CommonFlags } from "../common.ts";
import { exitOfVerdict } from "../exit-codes.ts";
import { interruptible } from "../interrupt.ts";
import { Output } from "../output.ts";

const compareOptions: readonly OptionSpec[] = [
  { name: "rounds", kind: "integer", unit: "rounds on the deployed cluster", default: 100, min: 1, reason: "a few seconds" },
  { name: "simulatedRuns", kind: "integer", unit: "seeded runs in the simulator", default: 2000, min: 0, reason: "a second of CPU" },
  { name: "maxDelayMs", kind: "integer", unit: "ms, the slowest link's longest delay", default: 8, min: 0, reason: "met more outcomes of abd than 4 ms did, at half the rounds a second" },
  { name: "historiesMax", kind: "integer", unit: "of the model's histories, judged by every checker", default: 5000, min: 0, reason: "a few seconds of CPU" },
];

interface CompareFlags extends CommonFlags {
  readonly cluster: RoundsCluster;
  readonly seed?: Seed;
  readonly runs: string;
}

/** `rashomon compare SYSTEM [--cluster docker] [--json]` */
export function addCompare(program: Command): void {
  common(program.command("compare"))
    .argument("<system>", "a system of actors; see `rashomon list systems`")
    .addOption(new Option("--cluster <kind>", "where the rounds are played: local processes, or docker containers").choices(["local", "docker"]).default("local"))
    .option("--seed <text>", "of the rounds' delays (default: fresh, and printed)", (text) => seed(text))
    .option("--runs <folder>", "where the report and the traces go", "runs")
    .description("plays the model's clients on real nodes and in the simulator, and holds what was seen against the model")
    .action(async (name: string, flags: CompareFlags) => {
      const output = new Output(flags.json);
      const definition = actorsOf(name);
      const [settings, own] = splitSettings(flags.set, [definition, { name: "compare", options: compareOptions }]) as [Settings, Settings];
      const from = flags.seed ?? freshSeed();
      const tell = (line: string): void => output.message(line);
      const { compared, folder } = await interruptible(async (signal) => {
        const explored = await exploreObserved(definition, settings, { budgetMs: flags.budget, signal, progress: tell });
        const folder = createRunFolder({ root: flags.runs, scenario: `${name}/compare`, seed: from });
        const compared = await compareNow({
          definition,
          settings,
          cluster: flags.cluster,
          seed: from,
          rounds: numberOf(own, "rounds"),
          simulatedRuns: numberOf(own, "simulatedRuns"),
          maxDelayMs: numberOf(own, "maxDelayMs"),
          historiesMax: numberOf(own, "historiesMax"),
          signal,
          tell,
          explored,
          folder: folder.path,
        });
        return { compared, folder };
      }, output);
      const rerun = [commandName(), "compare", name, `--cluster ${flags.cluster}`, ...flags.set.map((setting) => `--set ${setting}`), `--seed ${from}`].join(" ");
      const account = compareAccount(compared, { seed: from, rerun });
      const report = writeComparison(compared, { folder, account, seed: from, rerun, tell });
      output.exit(exitOfVerdict(compared.verdict));
      output.result(
        {
          system: name,
          cluster: compared.cluster,
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

function short(comparison: Compared["deployed"]): Json {
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
