import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Comparison, compareAccounts } from "../checkers/model/compare.ts";
import type { TraceVerdict } from "../clusters/local/validation.ts";
import { simulate } from "../clusters/simulated/simulate.ts";
import type { System } from "../harness/actor.ts";
import { assert } from "../harness/assert.ts";
import { seed } from "../harness/ids.ts";
import { cpuMs, monotonicMs, nextTurn } from "../harness/time.ts";
import type { RunVerdict } from "../results/records.ts";
import { type Agreement, agreementOf } from "./compare/agreement.ts";
import { CoverageSamples } from "./compare/coverage.ts";
import { observedSystem } from "./compare/handler-steps.ts";
import { type ExploredModel, type HandlerCoverage, type ModelCoverage, tallied } from "./compare/model-coverage.ts";
import { type RealRounds, realRounds, type RealRoundsRequest, roundNumber, type RoundsCluster, validateRounds } from "./compare/real-rounds.ts";

/** Rounds on the deployed cluster, as `RealRoundsRequest` has them, and what they are compared with. */
export interface CompareRequest extends Omit<RealRoundsRequest, "folder" | "onRound"> {
  /** Seeded runs of the simulator; 0: only the cluster is compared. */
  readonly simulatedRuns: number;
  /** At most that many of the model's histories are judged by every checker. */
  readonly historiesMax: number;
  /** With `track: "history"`; by `exploreObserved` where local states and branches are to be compared too. */
  readonly explored: ExploredModel;
  /** Absolute; keeps the rounds' ledger, logs and traces. By default a temporary one, which is removed at the end. */
  readonly folder?: string;
}

export interface Compared {
  readonly system: string;
  readonly cluster: RoundsCluster;
  readonly explored: ExploredModel;
  readonly deployed: Comparison;
  readonly simulated: Comparison | undefined;
  /** Whether all that can judge a history say the same of the model's. */
  readonly agreement: Agreement;
  /** The nodes' traces of all rounds against the definition. */
  readonly trace: TraceVerdict;
  /** Local states and handler branches, where the model's are known. */
  readonly handlers?: { readonly model: ModelCoverage; readonly deployed: HandlerCoverage; readonly simulated: HandlerCoverage | undefined };
  /** `invalid`: something was seen that is not the model's, or the model's judges disagree. */
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
  const { definition, explored, signal } = request;
  const system = definition.make(request.settings);
  const { complete, discoveries, outcomes } = explored.exploration;
  const { covered } = explored;
  assert(outcomes !== undefined, "what is compared was explored with its histories");
  const began = monotonicMs();
  const { rounds, diaries } = await playedRounds(request);
  const wallMs = monotonicMs() - began;
  const within = withinTimers(rounds, { system, tell: request.tell });
  const deployed = compareAccounts({ model: explored.exploration, spec: system.spec, observed: within.map(({ history }) => history) });
  const real = validateRounds({ system, diaries, compared: within.map(roundNumber) });
  await listen(signal);
  const runs = request.simulatedRuns === 0 ? undefined : simulateObserved(system, request);
  await listen(signal);
  const simulated = runs === undefined ? undefined : compareAccounts({ model: explored.exploration, spec: system.spec, observed: runs.observed });
  const agreement = agreementOf({ exploration: { complete, discoveries, outcomes }, spec: system.spec, historiesMax: request.historiesMax });
  await listen(signal);
  const outside = deployed.inclusion.outside + (simulated?.inclusion.outside ?? 0);
  return {
    system: system.name,
    cluster: request.cluster,
    explored,
    deployed,
    simulated,
    agreement,
    trace: real.trace,
    ...(covered === undefined ? {} : { handlers: { model: covered, deployed: tallied(real.samples, covered), simulated: runs === undefined ? undefined : tallied(runs.samples, covered) } }),
    verdict: agreement.disagreement !== undefined || real.trace.verdict === "invalid" || (outside > 0 && deployed.inclusion.conclusive) ? "invalid" : outside > 0 || real.trace.verdict === "unknown" ? "unknown" : "valid",
    roundsPerSecond: rounds.length / (wallMs / 1000),
    cpuMs: cpuMs() - cpu,
  };
}

/** Gives the event loop a turn, in which a Ctrl-C during long work is heard; throws its reason. */
async function listen(signal: AbortSignal): Promise<void> {
  await nextTurn();
  signal.throwIfAborted();
}

async function playedRounds(request: CompareRequest): Promise<RealRounds> {
  const folder = request.folder ?? mkdtempSync(join(tmpdir(), "rashomon-rounds-"));
  try {
    return await realRounds({ ...request, folder });
  } finally {
    if (request.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** A timer that fired beyond the model's bound makes it another game: such a round was played for nothing. */
function withinTimers(rounds: RealRounds["rounds"], { system, tell }: { readonly system: System; readonly tell: (line: string) => void }): RealRounds["rounds"] {
  const within = rounds.filter(({ timersFired }) => timersFired <= system.model.timerFirings);
  const setAside = rounds.length - within.length;
  if (setAside > 0) tell(`${setAside} rounds were set aside: timers fired more often than the model lets them`);
  return within;
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
