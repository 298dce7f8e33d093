import { type ActorModel, actorModelOf } from "../../harness/actor-model.ts";
import type { System } from "../../harness/actor.ts";
import { type Budget, unlimited } from "../../harness/budget.ts";
import type { History } from "../../harness/history.ts";
import { type Seed, seed as toSeed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import type { Schedule } from "../../harness/schedule.ts";
import { shrink } from "../../harness/shrink.ts";
import { cpuMs } from "../../harness/time.ts";
import { Judge } from "../../harness/watch.ts";
import { latencyWalk } from "./latency.ts";
import { pctChooser, uniformChooser, type Walk, walk } from "./walk.ts";

/**
 * The seeded witness: many behaviours of a system within its model's bounds, each drawn from a seed, none of them real.
 * Same actors, same scripts, same budgets as the explorer's, so what it sees must be a part of what the explorer sees.
 *
 *     uniform   every step that can be taken now is as likely as any other
 *     pct       the party with the highest random priority goes first, priorities drop at a few random places
 *               (probabilistic concurrency testing; Burckhardt et al., ASPLOS 2010): finds bugs that need long droughts
 *     latency   virtual time: messages take as long as their links' draws say, timers fire when they are due
 *
 * Run number r of seed s is drawn from s/r alone, so it is repeated exactly by `runs: 1, firstRun: r`, on any machine.
 * The first bad run is shrunk: steps are left out as long as the same property still breaks.
 */
export function simulate(of: System | ActorModel, options: SimulateOptions): Simulation {
  const model = "parties" in of ? of : actorModelOf(of, { check: false, timers: true });
  const judge = new Judge(model);
  const strategy = options.strategy ?? "uniform";
  const stepsMax = options.stepsMax ?? 10_000;
  const budget = options.budget ?? unlimited();
  const firstRun = options.firstRun ?? 0;
  const seed = toSeed(options.seed);
  const cpuStart = cpuMs();
  const tally = new Map<string, number>();
  const observed: string[] = [];
  const histories: History[] = [];
  let steps = 0;
  let bad = 0;
  let ended = 0;
  let firstBad: BadRun | undefined;

  for (let run = firstRun; run < firstRun + options.runs; run++) {
    const random = new Random(toSeed(`${seed}/${run}`));
    options.onRun?.("begin");
    const walked = walkOnce(random);
    options.onRun?.("end");
    steps += walked.schedule.length;
    if (walked.ended) ended++;
    const outcome = walked.watch.outcome();
    tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
    observed.push(outcome);
    if (options.keepHistories === true) histories.push(walked.world.history());
    const broken = walked.watch.broken;
    if (broken !== undefined) {
      bad++;
      firstBad ??= badRun(judge, { run, seed: random.seed, property: broken, schedule: walked.schedule });
      if (options.stopAtFirstBad === true) break;
    }
    if (!budget.spend(walked.schedule.length)) break;
    if (options.progress !== undefined && (run & 0xff) === 0xff) options.progress({ runs: observed.length, steps, bad, distinct: tally.size });
  }

  function walkOnce(random: Random): Walk {
    const about = { model, watch: judge.watch(), random, stepsMax };
    if (strategy === "latency") return latencyWalk(about);
    return walk(about, strategy === "pct" ? pctChooser(random) : uniformChooser(random));
  }

  return {
    system: model.name,
    strategy,
    seed,
    runs: observed.length,
    steps,
    bad,
    ended,
    ...(firstBad === undefined ? {} : { firstBad }),
    observed,
    histories,
    outcomes: tally,
    unseenMass: observed.length === 0 ? 1 : [...tally.values()].filter((count) => count === 1).length / observed.length,
    cpuMs: cpuMs() - cpuStart,
  };
}

export type SimulationStrategy = "uniform" | "latency" | "pct";
export const simulationStrategies: readonly SimulationStrategy[] = ["uniform", "latency", "pct"];

export interface SimulateOptions {
  readonly runs: number;
  readonly seed: Seed | string | number;
  /** Default `uniform`. */
  readonly strategy?: SimulationStrategy;
  /** A run that is not over after that many steps is cut; default 10,000. */
  readonly stepsMax?: number;
  /** Number of the first run; default 0. `runs: 1, firstRun: r` repeats run r. */
  readonly firstRun?: number;
  /** One step per step. */
  readonly budget?: Budget;
  readonly stopAtFirstBad?: boolean;
  /** Keep every run's history, not only its canonical text; default false. */
  readonly keepHistories?: boolean;
  /** Called around each run; what handlers do outside is shrinking. */
  readonly onRun?: (moment: "begin" | "end") => void;
  /** Called every 256 runs. */
  readonly progress?: (progress: { readonly runs: number; readonly steps: number; readonly bad: number; readonly distinct: number }) => void;
}

export interface Simulation {
  readonly system: string;
  readonly strategy: SimulationStrategy;
  readonly seed: Seed;
  /** Runs that were made; fewer than asked for when the budget ended or a bad run stopped it. */
  readonly runs: number;
  /** Steps in all runs. */
  readonly steps: number;
  /** Runs in which a property broke. */
  readonly bad: number;
  /** Runs that came to their own end. */
  readonly ended: number;
  readonly firstBad?: BadRun;
  /** Canonical history of each run, for `compareAccounts`. */
  readonly observed: readonly string[];
  /** Each run's history, with `keepHistories`; otherwise empty. */
  readonly histories: readonly History[];
  /** How often each was seen. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Estimated probability that the next run shows a history that no run has shown (f1/n). */
  readonly unseenMass: number;
  readonly cpuMs: number;
}

export interface BadRun {
  readonly run: number;
  /** The run's own seed. */
  readonly seed: Seed;
  readonly property: string;
  /** Up to the step that broke it. */
  readonly schedule: Schedule;
  readonly history: History;
  readonly shrunk: { readonly schedule: Schedule; readonly history: History };
}

/** The bad run up to its breaking step, and the smallest part of it that still breaks the same property. */
function badRun(judge: Judge, found: { readonly run: number; readonly seed: Seed; readonly property: string; readonly schedule: Schedule }): BadRun {
  const whole = judge.judge(found.schedule);
  const small = judge.judgeAddressed(shrink(whole.addressed, (candidate) => judge.judgeAddressed(candidate).broken === found.property));
  return {
    run: found.run,
    seed: found.seed,
    property: found.property,
    schedule: whole.steps,
    history: whole.world.history(),
    shrunk: { schedule: small.steps, history: small.world.history() },
  };
}
