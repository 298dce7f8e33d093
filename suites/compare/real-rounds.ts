import { join } from "node:path";
import { dockerActors } from "../../clusters/docker-actors/actor-system.ts";
import type { ActorCluster } from "../../clusters/local/actor-cluster.ts";
import { type Diary, readDiaries } from "../../clusters/local/diaries.ts";
import { localCluster } from "../../clusters/local/local-cluster.ts";
import { playRounds, type Round } from "../../clusters/local/rounds.ts";
import { type TraceVerdict, validateTrace } from "../../clusters/local/validation.ts";
import type { System, SystemDefinition } from "../../harness/actor.ts";
import type { Seed } from "../../harness/ids.ts";
import { openLedger } from "../../harness/ledger/file-ledger.ts";
import { startWatchdog } from "../../harness/ledger/watchdog.ts";
import type { Settings } from "../../harness/options.ts";
import { runIdOf } from "../run-id.ts";
import { CoverageSamples } from "./coverage.ts";
import { type Covered, coveredBy } from "./handler-steps.ts";

/** Where the rounds are played: child processes, or containers with a real Toxiproxy each. */
export type RoundsCluster = "local" | "docker";

export interface RealRoundsRequest {
  readonly definition: SystemDefinition;
  readonly settings: Settings;
  readonly cluster: RoundsCluster;
  readonly rounds: number;
  readonly seed: Seed;
  /** The slowest link's longest delay of one frame, ms. */
  readonly maxDelayMs: number;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
  /** Absolute; gets the ledger, and the nodes' logs and traces. */
  readonly folder: string;
  /** Told of each round as it ends; `stop` ends the playing early. */
  readonly onRound?: (round: Round) => "go on" | "stop";
}

export interface RealRounds {
  /** In the order in which they ended. */
  readonly rounds: readonly Round[];
  readonly diaries: readonly Diary[];
}

/** Plays the model's client scripts round after round on real nodes, with a ledger and a watchdog, and reads their traces. */
export async function realRounds(request: RealRoundsRequest): Promise<RealRounds> {
  const { definition, settings, folder, onRound } = request;
  const system = definition.make(settings);
  const ledger = openLedger(folder);
  const watchdog = await startWatchdog(ledger);
  const logsFolder = join(folder, "logs");
  const rounds: Round[] = [];
  try {
    for await (const round of playRounds({
      definition,
      settings,
      cluster: clusterFor(request, system),
      rounds: request.rounds,
      seed: request.seed,
      maxDelayMs: request.maxDelayMs,
      signal: request.signal,
      ledger,
      logsFolder,
      progress: request.tell,
    })) {
      rounds.push(round);
      if (onRound?.(round) === "stop") break;
    }
    return { rounds, diaries: readDiaries(logsFolder, system.servers) };
  } finally {
    ledger.end();
    await watchdog.stop();
  }
}

function clusterFor({ definition, settings, cluster, folder }: RealRoundsRequest, { servers, model }: System): ActorCluster {
  if (cluster === "local") return localCluster({ definition, settings });
  return dockerActors({ definition, settings, nodes: servers, runId: runIdOf(folder), clientLinks: model.clients.length });
}

/** The number by which frames and traces call a round. */
export function roundNumber(round: Round): number {
  return round.index + 1;
}

/** Validates the traces of all rounds, and tells what each of `compared` (numbers of rounds) covered. */
export function validateRounds(played: { readonly system: System; readonly diaries: readonly Diary[]; readonly compared: Iterable<number> }): { readonly trace: TraceVerdict; readonly samples: CoverageSamples } {
  const { system, diaries, compared } = played;
  const byRound = new Map<number, Covered[]>([...compared].map((round) => [round, []]));
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
