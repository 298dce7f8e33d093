import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Comparison, compareAccounts } from "../checkers/model/compare.ts";
import { playRounds } from "../clusters/local/rounds.ts";
import { simulate } from "../clusters/simulated/simulate.ts";
import type { SystemDefinition } from "../harness/actor.ts";
import type { History } from "../harness/history.ts";
import type { Seed } from "../harness/ids.ts";
import { openLedger } from "../harness/ledger/file-ledger.ts";
import { startWatchdog } from "../harness/ledger/watchdog.ts";
import type { Settings } from "../harness/options.ts";
import { seed } from "../harness/ids.ts";
import { cpuMs, monotonicMs } from "../harness/time.ts";
import type { ComparisonRecord, CoverageSource, RunVerdict, WitnessAccount } from "../results/records.ts";
import { boundsInWords, type Explored, exploreNow } from "./explore.ts";

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
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
  /** Explored already, with `track: "history"`. */
  readonly explored?: Explored;
}

export interface Compared {
  readonly system: string;
  readonly explored: Explored;
  readonly deployed: Comparison;
  readonly simulated: Comparison | undefined;
  /** Rounds whose history was not linearizable by the model's own account. */
  readonly verdict: RunVerdict;
  readonly roundsPerSecond: number;
  readonly cpuMs: number;
}

/**
 * Plays exactly the model's client scripts, round after round on the deployed cluster and run after run in the simulator,
 * and holds what was seen against everything the model allows. A history outside a completely explored model is `invalid`:
 * the model is too small, or the code does what the model does not.
 */
export async function compareNow(request: CompareRequest): Promise<Compared> {
  const cpu = cpuMs();
  const system = request.definition.make(request.settings);
  const explored = request.explored ?? exploreNow(system, { track: "history", budgetMs: request.budgetMs, signal: request.signal, progress: request.tell });
  const began = monotonicMs();
  const histories = await observeRounds(request);
  const wallMs = monotonicMs() - began;
  const deployed = compareAccounts({ model: explored.exploration, spec: system.spec, observed: histories });
  const simulated =
    request.simulatedRuns === 0
      ? undefined
      : compareAccounts({
          model: explored.exploration,
          spec: system.spec,
          observed: simulate(system, { runs: request.simulatedRuns, seed: seed(`${request.seed}/compare`), strategy: "latency" }).observed,
        });
  const outside = deployed.inclusion.outside + (simulated?.inclusion.outside ?? 0);
  return {
    system: system.name,
    explored,
    deployed,
    simulated,
    verdict: outside === 0 ? "valid" : deployed.inclusion.conclusive ? "invalid" : "unknown",
    roundsPerSecond: histories.length / (wallMs / 1000),
    cpuMs: cpuMs() - cpu,
  };
}

async function observeRounds(request: CompareRequest): Promise<History[]> {
  const folder = mkdtempSync(join(tmpdir(), "rashomon-rounds-"));
  const ledger = openLedger(folder);
  const watchdog = await startWatchdog(ledger);
  const histories: History[] = [];
  const timersMax = request.definition.make(request.settings).model.timerFirings;
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
      else histories.push(round.history);
    }
  } finally {
    ledger.end();
    await watchdog.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (setAside > 0) request.tell(`${setAside} rounds were set aside: timers fired more often than the model lets them`);
  return histories;
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
    bounds: boundsInWords(explored.exploration),
  };
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
        : `${deployed.inclusion.outside} of ${deployed.rounds} real histories are not the model's`,
    figures: [
      { label: "outcomes met by real rounds", value: percent(deployed) },
      ...(simulated === undefined ? [] : [{ label: "by the simulator", value: percent(simulated) }]),
      { label: "histories in the model", value: `${deployed.inclusion.included} of ${deployed.rounds}` },
      { label: "rounds", value: `${deployed.rounds} (${compared.roundsPerSecond.toFixed(0)}/s)` },
    ],
    bounds: boundsInWords(compared.explored.exploration),
    cpuMs: compared.cpuMs,
    seed: more.seed,
    rerun: more.rerun,
  };
}
