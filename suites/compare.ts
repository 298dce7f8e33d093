import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Comparison, compareAccounts } from "../checkers/model/compare.ts";
import { type Diary, readDiaries } from "../clusters/local/diaries.ts";
import { playRounds } from "../clusters/local/rounds.ts";
import { describeUnexplained, type TraceVerdict, validateTrace } from "../clusters/local/validation.ts";
import { simulate } from "../clusters/simulated/simulate.ts";
import type { System, SystemDefinition } from "../harness/actor.ts";
import { assert } from "../harness/assert.ts";
import type { History } from "../harness/history.ts";
import type { Seed } from "../harness/ids.ts";
import { openLedger } from "../harness/ledger/file-ledger.ts";
import { startWatchdog } from "../harness/ledger/watchdog.ts";
import type { Settings } from "../harness/options.ts";
import { seed } from "../harness/ids.ts";
import { cpuMs, monotonicMs } from "../harness/time.ts";
import type { ComparisonRecord, CoverageAspect, CoverageSource, RunVerdict, WitnessAccount } from "../results/records.ts";
import { type Agreement, agreementOf, agreementSentence } from "./compare/agreement.ts";
import { type Coverage, CoverageSamples, CoverageTally } from "./compare/coverage.ts";
import { type Covered, coveredBy, observedSystem } from "./compare/handler-steps.ts";
import { boundsInWords, type Explored, exploreNow, type ExploreRequest } from "./explore.ts";

export interface CompareRequest {
  readonly definition: SystemDefinition;
  readonly settings: Settings;
  readonly seed: Seed;
  /** Rounds on the deployed cluster. */
  readonly rounds: number;
  /** Seeded runs of the simulator; 0: only the cluster is compared. */
  readonly simulatedRuns: number;
  /** The slowest link's longest delay of one frame, ms. */
  readonly maxDelayMs: number;
  /** At most that many of the model's histories are judged by every checker. */
  readonly historiesMax: number;
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
  /** Explored already, with `track: "history"`; by `exploreObserved` where local states and branches are to be compared too. */
  readonly explored?: Explored & { readonly covered?: ModelCoverage };
  /** Absolute; keeps the rounds' ledger, logs and traces. By default a temporary one, which is removed at the end. */
  readonly folder?: string;
}

/** Every local state and handler branch of the model within its bounds. */
export interface ModelCoverage {
  readonly states: ReadonlySet<string>;
  readonly branches: ReadonlySet<string>;
}
/** What one kind of testing met of them. */
export interface HandlerCoverage {
  readonly states: Coverage;
  readonly branches: Coverage;
}

/** Explores in full, and keeps which local states and handler branches there are. */
export function exploreObserved(definition: SystemDefinition, settings: Settings, request: Omit<ExploreRequest, "track" | "reduceAfter">): Explored & { readonly covered: ModelCoverage } {
  const covered = { states: new Set<string>(), branches: new Set<string>() };
  const system = observedSystem(definition.make(settings), ({ state, branch }) => {
    covered.states.add(state);
    covered.branches.add(branch);
  });
  return { ...exploreNow(system, { ...request, track: "history" }), covered };
}

export interface Compared {
  readonly system: string;
  readonly explored: Explored;
  readonly deployed: Comparison;
  readonly simulated: Comparison | undefined;
  /** Whether all that can judge a history say the same of the model's. */
  readonly agreement: Agreement;
  /** The nodes' traces of all rounds against the definition. */
  readonly trace: TraceVerdict;
  /** Local states and handler branches, where the model's are known. */
  readonly handlers?: { readonly model: ModelCoverage; readonly deployed: HandlerCoverage; readonly simulated: HandlerCoverage | undefined };
  /** Rounds whose history was not linearizable by the model's own account. */
  readonly verdict: RunVerdict;
  readonly roundsPerSecond: number;
  readonly cpuMs: number;
}

/**
 * Plays exactly the model's client scripts, round after round on the deployed cluster and run after run in the simulator,
 * and holds what was seen against everything the model allows. A history outside a completely explored model is `invalid`:
 * the model is too small, or the code does what the model does not. So are checkers that disagree on one of its histories.
 */
export async function compareNow(request: CompareRequest): Promise<Compared> {
  const cpu = cpuMs();
  const system = request.definition.make(request.settings);
  const explored = request.explored ?? exploreObserved(request.definition, request.settings, { budgetMs: request.budgetMs, signal: request.signal, progress: request.tell });
  const { covered } = explored;
  const began = monotonicMs();
  const { histories, rounds, diaries } = await observeRounds(request);
  const wallMs = monotonicMs() - began;
  const deployed = compareAccounts({ model: explored.exploration, spec: system.spec, observed: histories });
  const real = validateRounds({ system, diaries, rounds });
  const runs = request.simulatedRuns === 0 ? undefined : simulateObserved(system, request);
  const simulated = runs === undefined ? undefined : compareAccounts({ model: explored.exploration, spec: system.spec, observed: runs.observed });
  const { outcomes } = explored.exploration;
  assert(outcomes !== undefined, "what is compared was explored with its histories");
  const { complete, discoveries } = explored.exploration;
  const agreement = agreementOf({ exploration: { complete, discoveries, outcomes }, spec: system.spec, historiesMax: request.historiesMax });
  const outside = deployed.inclusion.outside + (simulated?.inclusion.outside ?? 0);
  return {
    system: system.name,
    explored,
    deployed,
    simulated,
    agreement,
    trace: real.trace,
    ...(covered === undefined ? {} : { handlers: { model: covered, deployed: tallied(real.samples, covered), simulated: runs === undefined ? undefined : tallied(runs.samples, covered) } }),
    verdict: agreement.disagreement !== undefined || real.trace.verdict === "invalid" || (outside > 0 && deployed.inclusion.conclusive) ? "invalid" : outside > 0 || real.trace.verdict === "unknown" ? "unknown" : "valid",
    roundsPerSecond: histories.length / (wallMs / 1000),
    cpuMs: cpuMs() - cpu,
  };
}

/** Seeded runs of the model's clients, with what each covered. */
function simulateObserved(system: System, request: CompareRequest): { readonly observed: readonly string[]; readonly samples: CoverageSamples } {
  const samples = new CoverageSamples();
  const observed = simulate(observedSystem(system, (covered) => samples.see(covered)), {
    runs: request.simulatedRuns,
    seed: seed(`${request.seed}/compare`),
    strategy: "latency",
    onRun: (moment) => samples[moment](),
  });
  return { observed: observed.observed, samples };
}

/** Validates the traces of all rounds, and tells what each of the compared ones covered. */
function validateRounds(played: { readonly system: System; readonly diaries: readonly Diary[]; readonly rounds: ReadonlySet<number> }): { readonly trace: TraceVerdict; readonly samples: CoverageSamples } {
  const { system, diaries, rounds } = played;
  const byRound = new Map<number, Covered[]>([...rounds].map((round) => [round, []]));
  const trace = validateTrace({
    diaries,
    systemOf: () => system,
    watch: ({ line, before, input, result }) => byRound.get(line.round)?.push(coveredBy({ kind: system.actor(line.node).kind, id: line.node, before: before.state, input, result })),
  });
  const samples = new CoverageSamples();
  for (const [, covered] of [...byRound].sort(([a], [b]) => a - b)) {
    samples.begin();
    covered.forEach((one) => samples.see(one));
    samples.end();
  }
  return { trace, samples };
}

function tallied(samples: CoverageSamples, model: ModelCoverage): HandlerCoverage {
  const tally = (of: "states" | "branches"): Coverage => {
    const tally = new CoverageTally(model[of]);
    samples[of].forEach((met) => tally.add(met));
    return tally.result();
  };
  return { states: tally("states"), branches: tally("branches") };
}

interface PlayedRounds {
  readonly histories: readonly History[];
  /** Numbers, as in the traces, of the rounds that are compared. */
  readonly rounds: ReadonlySet<number>;
  readonly diaries: readonly Diary[];
}

async function observeRounds(request: CompareRequest): Promise<PlayedRounds> {
  const folder = request.folder ?? mkdtempSync(join(tmpdir(), "rashomon-rounds-"));
  const ledger = openLedger(folder);
  const watchdog = await startWatchdog(ledger);
  const histories: History[] = [];
  const rounds = new Set<number>();
  let diaries: readonly Diary[] = [];
  const { servers, model } = request.definition.make(request.settings);
  const timersMax = model.timerFirings;
  let setAside = 0;
  try {
    for await (const round of playRounds({
      definition: request.definition,
      settings: request.settings,
      rounds: request.rounds,
      seed: request.seed,
      maxDelayMs: request.maxDelayMs,
      signal: request.signal,
      ledger,
      logsFolder: join(folder, "logs"),
      progress: request.tell,
    })) {
      // A timer that fired beyond the model's bound makes it another game: such a round is played for nothing.
      if (round.timersFired > timersMax) setAside++;
      else {
        histories.push(round.history);
        rounds.add(round.index + 1);
      }
    }
    diaries = readDiaries(join(folder, "logs"), servers);
  } finally {
    ledger.end();
    await watchdog.stop();
    if (request.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }
  if (setAside > 0) request.tell(`${setAside} rounds were set aside: timers fired more often than the model lets them`);
  return { histories, rounds, diaries };
}

/** The comparison as the report has it. */
export function comparisonRecord(compared: Compared): ComparisonRecord {
  const { deployed, simulated, explored } = compared;
  const first = deployed.inclusion.notIncluded[0] ?? simulated?.inclusion.notIncluded[0];
  return {
    system: compared.system,
    inclusion: {
      included: deployed.inclusion.included + (simulated?.inclusion.included ?? 0),
      outside: deployed.inclusion.outside + (simulated?.inclusion.outside ?? 0),
      ...(first === undefined
        ? {}
        : {
            first: {
              explanation: first.first === undefined ? "only its end is outside the model" : `${first.first.description} has no successor in the model after ${first.first.before || "the start"}`,
              diagrams: [],
            },
          }),
    },
    total: deployed.coverage.of,
    ...(explored.exploration.complete ? {} : { totalIsLowerBound: true }),
    sources: [source("deploy", deployed), ...(simulated === undefined ? [] : [source("simulate", simulated)])],
    ...(compared.handlers === undefined ? {} : { aspects: aspectsOf(compared.handlers) }),
    note: `Of the nodes' traces: ${traceSentence(compared.trace)}. Of the model's histories: ${agreementSentence(compared.agreement)}.`,
    bounds: boundsInWords(explored.exploration),
  };
}

/** What was counted besides histories, for the report and the terminal. */
export function aspectsOf(handlers: NonNullable<Compared["handlers"]>): readonly CoverageAspect[] {
  const aspect = (of: "states" | "branches", about: Pick<CoverageAspect, "what" | "definition">): CoverageAspect => {
    const met = (name: string, { samples: rounds, seen, curve, unseenMass, estimated, outside }: Coverage): CoverageSource => ({ name, rounds, seen, curve, unseenMass, estimated, outside });
    return {
      ...about,
      total: handlers.model[of].size,
      sources: [met("deploy", handlers.deployed[of]), ...(handlers.simulated === undefined ? [] : [met("simulate", handlers.simulated[of])])],
    };
  };
  return [
    aspect("states", { what: "local states", definition: "a server with its actor's own state after an event" }),
    aspect("branches", { what: "handler branches", definition: "a kind of input, the effects that the handler had on it in their order, and whether its state changed" }),
  ];
}

/** What the traces of the real rounds say, in one sentence. */
export function traceSentence(trace: TraceVerdict): string {
  if (trace.verdict === "invalid") return `the traces are not the definition's: ${describeUnexplained(trace.first)}`;
  return `${trace.verdict === "valid" ? "every one" : "all"} of the ${trace.counts.events.toLocaleString("en")} events in the nodes' traces is explained by the definition${trace.verdict === "unknown" ? `, as far as they go: ${trace.reason}` : ""}`;
}

function source(name: string, comparison: Comparison): CoverageSource {
  return {
    name,
    rounds: comparison.rounds,
    seen: comparison.coverage.seen,
    curve: comparison.coverage.curve.map(({ rounds, outcomes }) => ({ rounds, seen: outcomes })),
    unseenMass: comparison.coverage.unseenMass,
  };
}

/** The comparison's row in the table of accounts. */
export function compareAccount(compared: Compared, more: { readonly expected?: RunVerdict; readonly seed: Seed; readonly rerun: string }): WitnessAccount {
  const { deployed, simulated } = compared;
  const percent = (comparison: Comparison): string => `${comparison.coverage.seen} of ${comparison.coverage.of} (${Math.round(comparison.coverage.share * 100)} %)`;
  return {
    witness: "compare",
    system: compared.system,
    verdict: compared.verdict,
    ...(more.expected === undefined ? {} : { expected: more.expected }),
    summary:
      compared.verdict === "valid"
        ? `${deployed.rounds} real rounds, every history is one of the model's; they met ${percent(deployed)} of its outcomes`
        : compared.agreement.disagreement !== undefined
          ? agreementSentence(compared.agreement)
          : compared.trace.verdict === "invalid"
            ? traceSentence(compared.trace)
            : `${deployed.inclusion.outside} of ${deployed.rounds} real histories are not the model's`,
    figures: [
      { label: "outcomes met by real rounds", value: percent(deployed) },
      ...(simulated === undefined ? [] : [{ label: "by the simulator", value: percent(simulated) }]),
      { label: "histories in the model", value: `${deployed.inclusion.included} of ${deployed.rounds}` },
      { label: "checkers", value: agreementSentence(compared.agreement) },
      { label: "rounds", value: `${deployed.rounds} (${compared.roundsPerSecond.toFixed(0)}/s)` },
    ],
    bounds: boundsInWords(compared.explored.exploration),
    cpuMs: compared.cpuMs,
    seed: more.seed,
    rerun: more.rerun,
  };
}
