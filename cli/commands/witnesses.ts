import type { Command } from "commander";
import { seed, type Seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { freshSeed } from "../../harness/random.ts";
import { HarnessError } from "../../harness/errors.ts";
import { drawText } from "../../results/draw.ts";
import type { DiscoveryRecord } from "../../results/records.ts";
import { compareAccount, compareNow } from "../../suites/compare.ts";
import { boundsInWords, exploreAccount, exploreInWorkers, exploreNow, findExplorable } from "../../suites/explore.ts";
import { commandName } from "../../suites/machine.ts";
import { writeSchedule } from "../../suites/schedule-file.ts";
import { splitSettings } from "../../suites/settings.ts";
import { simulateAccount, simulateNow } from "../../suites/simulate.ts";
import { findSubject, type Subject } from "../../suites/subject.ts";
import type { SystemDefinition } from "../../harness/actor.ts";
import type { OptionSpec, Settings } from "../../harness/options.ts";
import { numberOf } from "../../harness/options.ts";
import type { Schedule } from "../../harness/schedule.ts";
import { duration, integer, repeated } from "../arguments.ts";
import { exitOfVerdict } from "../exit-codes.ts";
import { interruptible } from "../interrupt.ts";
import { Output } from "../output.ts";

interface CommonFlags {
  readonly set: string[];
  readonly budget: number;
  readonly json: boolean;
}

interface ExploreFlags extends CommonFlags {
  readonly monitor: boolean;
  readonly statesMax?: number;
  readonly reduce: boolean;
  readonly reduceAfter: number;
  readonly symmetry: boolean;
  readonly workers: number;
  readonly schedule?: string;
}

function common(command: Command): Command {
  return command
    .option("--set <key=value>", "an option of the system or model, bounds included; repeatable", repeated, [])
    .option("--budget <duration>", "wall time; past it the account is a lower bound", duration, 600_000)
    .option("--json", "one JSON object on standard output", false);
}

/** `rashomon explore SYSTEM [--monitor] [--states-max N] [--json]` */
export function addExplore(program: Command): void {
  common(program.command("explore"))
    .argument("<system>", "see `rashomon list models`")
    .option("--monitor", "keep only what linearizability needs of the history: fewer states, no outcomes", false)
    .option("--states-max <count>", "stop at about that many unique states", integer(1))
    .option("--reduce-after <count>", "explore that many states in full, then begin anew without what cannot matter", integer(1), 2_000_000)
    .option("--no-reduce", "every state, however many")
    .option("--symmetry", "one state per orbit, for models that declare a symmetry", false)
    .option("--workers <count>", "threads that share the work; every state, nothing reduced", integer(1), 1)
    .option("--schedule <file>", "write the first counterexample there, for `rashomon replay`")
    .description("walks every behaviour of a system within bounds: a proof, or a shortest counterexample")
    .action(async (name: string, flags: ExploreFlags) => {
      const output = new Output(flags.json);
      const definition = findExplorable(name);
      const [settings] = splitSettings(flags.set, [definition]) as [Settings];
      const request = {
        track: flags.monitor ? ("monitor" as const) : ("history" as const),
        budgetMs: flags.budget,
        ...(flags.statesMax === undefined ? {} : { statesMax: flags.statesMax }),
        ...(flags.reduce ? { reduceAfter: flags.reduceAfter } : {}),
        symmetry: flags.symmetry,
        progress: (line: string) => output.message(line),
      };
      // One thread's walk leaves the event loop no turn to hear a signal, and nothing is there to heal: Ctrl-C just ends it.
      const explored =
        flags.workers > 1
          ? await interruptible((signal) => exploreInWorkers(name, settings, { ...request, signal, workers: flags.workers }), output)
          : exploreNow(definition.make(settings), request);
      const { exploration } = explored;
      const broken = exploration.discoveries.find(({ kind }) => kind === "counterexample");
      if (flags.schedule !== undefined) saveSchedule(flags.schedule, { system: name, settings, found: broken && { property: broken.property, steps: broken.schedule } }, output);
      const account = exploreAccount(name, explored, { rerun: exploreCommand(name, flags) });
      output.exit(exitOfVerdict(explored.verdict));
      output.result(
        {
          system: name,
          unique: exploration.unique,
          generated: exploration.generated,
          depth: exploration.depth,
          complete: exploration.complete,
          discoveries: exploration.discoveries.map(({ property, kind, length }) => ({ property, kind, length })),
          bounds: exploration.bounds as unknown as Json,
          ...(exploration.outcomes === undefined ? {} : { outcomes: { all: exploration.outcomes.all.size, terminal: exploration.outcomes.terminal.size } }),
          reduced: exploration.reducedPasses > 0,
          collisionsExpected: exploration.collisionsExpected,
          cpuMs: Math.round(explored.cpuMs),
          rssBytes: explored.rssBytes,
        },
        () =>
          [
            `${name}: ${account.summary}`,
            `  ${account.figures.map(({ label, value }) => `${label} ${value}`).join(", ")}, ${Math.round(explored.cpuMs)} ms CPU`,
            `  within these bounds: ${boundsInWords(exploration).join("; ")}`,
            ...(exploration.reducedPasses > 0 ? ["  reduced: messages that cannot matter any more were left out; every outcome is there (--no-reduce shows all states)"] : []),
            `  chance that two states were taken for one: ${exploration.collisionsExpected.toExponential(1)}`,
            ...pictures(account.discoveries ?? []),
          ].join("\n"),
      );
      process.exitCode = output.exitCode;
    });
}

/** Writes what was found; when nothing was, the file is not touched, and that is said. */
function saveSchedule(path: string, about: { readonly system: string; readonly settings: Settings; readonly found: { readonly property: string; readonly steps: Schedule } | undefined }, output: Output): void {
  const { system, settings, found } = about;
  if (found === undefined || found.steps.length === 0) return output.message(`no counterexample: ${path} is not written`);
  writeSchedule(path, { system, settings, ...found });
  output.message(`${path}: ${found.steps.length} steps; play them with \`${commandName()} replay ${path} --deploy\``);
}

/** The command that walks the same states again. */
function exploreCommand(name: string, flags: ExploreFlags): string {
  return [
    commandName(),
    "explore",
    name,
    ...(flags.monitor ? ["--monitor"] : []),
    ...(flags.statesMax === undefined ? [] : [`--states-max ${flags.statesMax}`]),
    flags.reduce ? `--reduce-after ${flags.reduceAfter}` : "--no-reduce",
    ...(flags.symmetry ? ["--symmetry"] : []),
    ...(flags.workers > 1 ? [`--workers ${flags.workers}`] : []),
    ...flags.set.map((setting) => `--set ${setting}`),
  ].join(" ");
}

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
];

/** `rashomon compare SYSTEM [--json]` */
export function addCompare(program: Command): void {
  common(program.command("compare"))
    .argument("<system>", "a system of actors; see `rashomon list systems`")
    .option("--seed <text>", "of the rounds' delays (default: fresh, and printed)", (text) => seed(text))
    .description("plays the model's clients on real processes and in the simulator, and holds what was seen against the model")
    .action(async (name: string, flags: CommonFlags & { seed?: Seed }) => {
      const output = new Output(flags.json);
      const definition = actorsOf(name);
      const [settings, own] = splitSettings(flags.set, [definition, { name: "compare", options: compareOptions }]) as [Settings, Settings];
      const from = flags.seed ?? freshSeed();
      // Before the handler for Ctrl-C is there: exploring leaves the event loop no turn, and nothing is there to heal.
      const explored = exploreNow(definition.make(settings), { track: "history", budgetMs: flags.budget, progress: (line) => output.message(line) });
      const compared = await interruptible(
        (signal) =>
          compareNow({
            definition,
            settings,
            seed: from,
            rounds: numberOf(own, "rounds"),
            simulatedRuns: numberOf(own, "simulatedRuns"),
            maxDelayMs: numberOf(own, "maxDelayMs"),
            budgetMs: flags.budget,
            signal,
            tell: (line) => output.message(line),
            explored,
          }),
        output,
      );
      const rerun = [commandName(), "compare", name, ...flags.set.map((setting) => `--set ${setting}`), `--seed ${from}`].join(" ");
      const account = compareAccount(compared, { seed: from, rerun });
      output.exit(exitOfVerdict(compared.verdict));
      output.result(
        {
          system: name,
          verdict: compared.verdict,
          model: { outcomes: compared.deployed.coverage.of, histories: compared.explored.exploration.outcomes?.all.size ?? 0, complete: compared.explored.exploration.complete },
          deployed: short(compared.deployed),
          ...(compared.simulated === undefined ? {} : { simulated: short(compared.simulated) }),
          seed: from,
          rerun,
          cpuMs: Math.round(compared.cpuMs),
        },
        () => [`${name}: ${account.summary}`, ...account.figures.map(({ label, value }) => `  ${label}: ${value}`), `  within these bounds: ${account.bounds?.join("; ") ?? ""}`, `  again: ${rerun}`].join("\n"),
      );
      process.exitCode = output.exitCode;
    });
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

function pictures(discoveries: readonly DiscoveryRecord[]): string[] {
  return discoveries.filter(({ kind }) => kind === "counterexample").flatMap(({ diagrams }) => diagrams.map((diagram) => "\n" + drawText(diagram)));
}

