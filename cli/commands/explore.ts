import { type Command, Option } from "commander";
import { dotOf } from "../../checkers/model/state-space.ts";
import { HarnessError } from "../../harness/errors.ts";
import { seed, type Seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import type { Settings } from "../../harness/options.ts";
import { freshSeed } from "../../harness/random.ts";
import { boundsInWords, exploreAccount, exploreInWorkers, type Explored, type ExploreRequest, exploreWatchfully, findExplorable, walkNow } from "../../suites/explore.ts";
import { commandName } from "../../suites/machine.ts";
import { splitSettings } from "../../suites/settings.ts";
import { integer, repeated } from "../arguments.ts";
import { common, type CommonFlags } from "../common.ts";
import { exitOfVerdict } from "../exit-codes.ts";
import { interruptible } from "../interrupt.ts";
import { Output } from "../output.ts";
import { pictures } from "../pictures.ts";
import { exploreByHand } from "./explore-step.ts";
import { saveSchedule } from "../save-schedule.ts";
import { writeFile } from "../write-file.ts";

interface ExploreFlags extends CommonFlags {
  readonly monitor: boolean;
  readonly statesMax?: number;
  readonly depthMax?: number;
  readonly until: string[];
  readonly depthFirst: boolean;
  readonly exact: boolean;
  readonly reduce: boolean;
  readonly reduceAfter?: number;
  readonly symmetry: boolean;
  readonly workers: number;
  readonly checkpoint?: string;
  readonly resume?: string;
  readonly walks?: number;
  readonly seed?: Seed;
  readonly step: boolean;
  readonly dot?: string;
  readonly schedule?: string;
}

/** Options of a search of every state, which walks do not make. */
const ofEveryState = ["monitor", "statesMax", "depthMax", "until", "depthFirst", "exact", "reduce", "reduceAfter", "symmetry", "workers", "checkpoint", "resume"];

/** A space that fits is seen in full: two million states take seconds. */
const reduceAfterDefault = 2_000_000;

/** `rashomon explore SYSTEM [--monitor] [--states-max N] [--json]` */
export function addExplore(program: Command): void {
  common(program.command("explore"))
    .argument("<system>", "see `rashomon list models`")
    .option("--monitor", "keep only what linearizability needs of the history: fewer states, no outcomes", false)
    .option("--states-max <count>", "stop at about that many unique states", integer(1))
    .option("--depth-max <count>", "states at this depth (the first has 1) are counted and not expanded", integer(1))
    .option("--until <property>", "stop when it is discovered; repeatable: when all are", repeated, [])
    .option("--depth-first", "last found, first expanded: the same states, no shortest counterexamples", false)
    .option("--exact", "compare whole states instead of 64-bit fingerprints: nothing is merged, for more memory", false)
    .option("--reduce-after <count>", `explore that many states in full, then begin anew without what cannot matter (default: ${reduceAfterDefault})`, integer(1))
    .option("--no-reduce", "every state, however many")
    .option("--symmetry", "one state per orbit, for models that declare a symmetry", false)
    .option("--workers <count>", "threads that share the work; every state, nothing reduced", integer(1), 1)
    .option("--checkpoint <file>", "keep the search there once a million states, and when it is interrupted; nothing reduced")
    .option("--resume <file>", "go on from a checkpoint of the same model with the same --set")
    .addOption(new Option("--walks <count>", "random walks instead of every state").argParser(integer(1)).conflicts([...ofEveryState, "step"]))
    .option("--seed <text>", "of the random walks (default: fresh, and printed)", (text) => seed(text))
    .addOption(new Option("--step", "walk by hand: shows a state and what can happen, and reads the choice from standard input").default(false).conflicts([...ofEveryState, "schedule"]))
    .option("--dot <file>", "write the first 200 states as a graph in Graphviz's language")
    .option("--schedule <file>", "write the first counterexample there, for `rashomon replay`")
    .description("walks every behaviour of a system within bounds: a proof, or a shortest counterexample")
    .action(async (name: string, asked: ExploreFlags) => {
      const output = new Output(asked.json);
      const definition = findExplorable(name);
      const [settings] = splitSettings(asked.set, [definition]) as [Settings];
      const alone = asked.workers > 1 && "kind" in definition.make(settings);
      if (alone) output.message(`${name} is a model of bit fields: one thread explores it, fast; --workers is left out`);
      const flags: ExploreFlags = alone ? { ...asked, workers: 1 } : asked;
      if (flags.dot !== undefined) drawGraph(definition.make(settings), flags.dot);
      if (flags.step) {
        await exploreByHand(definition.make(settings), output);
        process.exitCode = output.exitCode;
        return;
      }
      const from = flags.walks === undefined ? undefined : (flags.seed ?? freshSeed());
      const explored = await interruptible((signal) => exploreAsAsked(name, settings, { flags, from, request: requestOf(flags, signal, output) }), output);
      const broken = explored.exploration.discoveries.find(({ kind }) => kind === "counterexample");
      if (flags.schedule !== undefined) saveSchedule(flags.schedule, { system: name, settings, found: broken && { property: broken.property, steps: broken.schedule } }, output);
      print(name, explored, { flags, from, output });
      process.exitCode = output.exitCode;
    });
}

function requestOf(flags: ExploreFlags, signal: AbortSignal, output: Output): ExploreRequest {
  const reduceAfter = reduceAfterOf(flags);
  return {
    track: flags.monitor ? "monitor" : "history",
    budgetMs: flags.budget,
    ...(flags.statesMax === undefined ? {} : { statesMax: flags.statesMax }),
    ...(flags.depthMax === undefined ? {} : { depthMax: flags.depthMax }),
    targets: flags.until,
    order: flags.depthFirst ? "depth" : "breadth",
    exact: flags.exact,
    ...(reduceAfter === undefined ? {} : { reduceAfter }),
    symmetry: flags.symmetry,
    ...(flags.checkpoint === undefined ? {} : { checkpoint: flags.checkpoint }),
    ...(flags.resume === undefined ? {} : { resume: flags.resume }),
    signal,
    progress: (line) => output.message(line),
  };
}

/** Workers and checkpoints do not go together with reductions: asked for by name they are refused, else left out. */
function reduceAfterOf(flags: ExploreFlags): number | undefined {
  if (!flags.reduce) return undefined;
  const inFull = flags.workers > 1 || flags.checkpoint !== undefined || flags.resume !== undefined;
  return flags.reduceAfter ?? (inFull ? undefined : reduceAfterDefault);
}

function exploreAsAsked(name: string, settings: Settings, about: { readonly flags: ExploreFlags; readonly from: Seed | undefined; readonly request: ExploreRequest }): Promise<Explored> {
  const { flags, from, request } = about;
  if (flags.walks !== undefined && from !== undefined) return Promise.resolve(walkNow(findExplorable(name).make(settings), { walks: flags.walks, seed: from, budgetMs: flags.budget }));
  if (flags.workers > 1) return exploreInWorkers(name, settings, { ...request, workers: flags.workers });
  return exploreWatchfully(findExplorable(name).make(settings), request, flags.set);
}

function drawGraph(of: ReturnType<ReturnType<typeof findExplorable>["make"]>, file: string): void {
  if ("kind" in of) throw new HarnessError("USAGE", `${of.name} is a model of bit fields: it has no graph to draw`, { nextStep: "leave out --dot" });
  writeFile("--dot", file, dotOf(of));
}

function print(name: string, explored: Explored, about: { readonly flags: ExploreFlags; readonly from: Seed | undefined; readonly output: Output }): void {
  const { flags, from, output } = about;
  const { exploration } = explored;
  const { coverage } = exploration;
  const rerun = exploreCommand(name, flags, from);
  const account = exploreAccount(name, explored, { rerun });
  output.exit(exitOfVerdict(explored.verdict));
  output.result(
    {
      system: name,
      unique: exploration.unique,
      generated: exploration.generated,
      depth: exploration.depth,
      complete: exploration.complete,
      discoveries: exploration.discoveries.map(({ property, kind, length }) => ({ property, kind, length })),
      undiscovered: exploration.undiscovered,
      bounds: exploration.bounds as unknown as Json,
      ...(exploration.outcomes === undefined ? {} : { outcomes: { all: exploration.outcomes.all.size, terminal: exploration.outcomes.terminal.size } }),
      reduced: exploration.reducedPasses > 0,
      reductionSkipped: exploration.reductionSkipped,
      workers: exploration.workers,
      collisionsExpected: exploration.collisionsExpected,
      coverage: coverage as unknown as Json,
      cpuMs: Math.round(explored.cpuMs),
      rssBytes: explored.rssBytes,
      rerun,
    },
    () =>
      [
        `${name}: ${account.summary}`,
        `  ${account.figures.map(({ label, value }) => `${label} ${value}`).join(", ")}, ${Math.round(explored.cpuMs)} ms CPU`,
        `  within these bounds: ${boundsInWords(exploration).join("; ")}`,
        ...exploration.discoveries.map(({ property, kind, length, loopLength }) => `  ${kind} of "${property}": ${length} steps${loopLength === undefined ? "" : `, the last ${loopLength} for ever`}`),
        ...exploration.undiscovered.map(({ property, kind }) => `  ${kind} "${property}": ${undiscoveredInWords(kind, exploration.complete)}`),
        ...(exploration.reducedPasses > 0 ? ["  reduced: messages that cannot matter any more were left out; every outcome is there (--no-reduce shows all states)"] : []),
        ...(exploration.reductionSkipped ? ["  not reduced: to decide what cannot matter would have cost more than the states that were left"] : []),
        ...(flags.workers > 1 ? [exploration.workers > 1 ? `  shared by ${exploration.workers} workers: every state, nothing reduced` : "  small space, walked by one thread: others would not have started in time to help"] : []),
        `  covered: ${coverage.inputs.filter(({ reacted }) => reacted).length} kinds of input${coverage.neverFired.length === 0 ? "" : `; never fired: ${coverage.neverFired.map(({ party, input }) => `${input} (${party})`).join(", ")}`}`,
        exploration.collisionsExpected === 0 ? "  no two states were taken for one: whole states were compared" : `  chance that two states were taken for one: ${exploration.collisionsExpected.toExponential(1)}`,
        ...pictures(account.discoveries ?? []),
      ].join("\n"),
  );
}

function undiscoveredInWords(kind: "always" | "sometimes" | "leadsTo", complete: boolean): string {
  if (!complete) return kind === "sometimes" ? "not seen so far" : "not broken so far";
  return kind === "sometimes" ? "never" : "holds";
}

/** The command that walks the same states again. */
function exploreCommand(name: string, flags: ExploreFlags, from: Seed | undefined): string {
  const reduceAfter = reduceAfterOf(flags);
  return [
    commandName(),
    "explore",
    name,
    ...(flags.walks === undefined ? [] : [`--walks ${flags.walks} --seed ${from}`]),
    ...(flags.monitor ? ["--monitor"] : []),
    ...(flags.statesMax === undefined ? [] : [`--states-max ${flags.statesMax}`]),
    ...(flags.depthMax === undefined ? [] : [`--depth-max ${flags.depthMax}`]),
    ...flags.until.map((property) => `--until "${property}"`),
    ...(flags.depthFirst ? ["--depth-first"] : []),
    ...(flags.exact ? ["--exact"] : []),
    ...(reduceAfter === undefined ? ["--no-reduce"] : [`--reduce-after ${reduceAfter}`]),
    ...(flags.symmetry ? ["--symmetry"] : []),
    ...(flags.workers > 1 ? [`--workers ${flags.workers}`] : []),
    ...flags.set.map((setting) => `--set ${setting}`),
  ].join(" ");
}
