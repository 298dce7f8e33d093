import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkLinearizable } from "../../checkers/linearizability/linearizability.ts";
import { explore } from "../../checkers/model/explore.ts";
import { validateTrace } from "../../clusters/local/validation.ts";
import { simulate, type SimulationStrategy, simulationStrategies } from "../../clusters/simulated/simulate.ts";
import type { System, SystemDefinition } from "../../harness/actor.ts";
import { assert } from "../../harness/assert.ts";
import { steps } from "../../harness/budget.ts";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { parseSettings } from "../../harness/options.ts";
import type { Schedule } from "../../harness/schedule.ts";
import { cpuMs, deadlineSignal } from "../../harness/time.ts";
import { realRounds, roundNumber } from "../../suites/compare/real-rounds.ts";

export const seeds: readonly number[] = [1, 2, 3];
export const runsMax = 20_000;
/** Steps of all runs of a seed: what bounds the search for the rarest bugs. Counted, not timed, so the table repeats. */
export const stepsMax = 150_000;
export const roundsMax = 200;
/** Of one frame on the slowest link of a round, ms: as `compare` has it. */
const maxDelayMs = 8;
/** A cluster that hangs ends the race. */
const roundsMsMax = 180_000;

/** What it took each witness to find one twin's bug. */
export interface Raced {
  readonly twin: string;
  readonly explored: { readonly property: string; readonly states: number; readonly length: number; readonly cpuMs: number; /** Faults of the shortest schedule. */ readonly needs: readonly string[] };
  /** By strategy, in their order. */
  readonly simulated: readonly Simulated[];
  readonly rounds: { readonly played: number; readonly bad: number; /** From 1, in the order of their beginning. */ readonly first: number | null };
}

export interface Simulated {
  /** By seed: runs, up to and with the first bad one if there was one. */
  readonly tries: readonly { readonly runs: number; readonly bad: boolean }[];
  /** Of the bad run that shrank the most: its length before and after; null where no run was bad. */
  readonly shortest: { readonly found: number; readonly shrunk: number } | null;
  /** Over all seeds. */
  readonly cpuMs: number;
}

export async function race(twin: SystemDefinition): Promise<Raced> {
  const system = twin.make(parseSettings([], twin.options, twin.name));
  return { twin: twin.name, explored: exploreTwin(system), simulated: simulationStrategies.map((strategy) => simulateTwin(system, strategy)), rounds: await playTwin(twin, system) };
}

/** The first explorer and simulator of a process pay for its compiler; nobody is timed for that. */
export function warmUp(twin: SystemDefinition): void {
  const system = twin.make(parseSettings([], twin.options, twin.name));
  exploreTwin(system);
  for (const strategy of simulationStrategies) simulateTwin(system, strategy);
}

function exploreTwin(system: System): Raced["explored"] {
  const start = cpuMs();
  const found = explore(system, { track: "monitor", stopAtCounterexample: true });
  const bug = found.discoveries.find(({ kind }) => kind === "counterexample");
  assert(bug !== undefined, `the explorer finds the bug of ${system.name} within its default bounds`);
  return { property: bug.property, states: found.unique, length: bug.length, cpuMs: cpuMs() - start, needs: faultsOf(bug.schedule) };
}

function simulateTwin(system: System, strategy: SimulationStrategy): Simulated {
  const start = cpuMs();
  const found = seeds.map((seed) => simulate(system, { runs: runsMax, seed, strategy, stopAtFirstBad: true, budget: steps(stepsMax) }));
  const lengths = found.flatMap(({ firstBad }) => (firstBad === undefined ? [] : [{ found: firstBad.schedule.length, shrunk: firstBad.shrunk.schedule.length }]));
  return {
    tries: found.map(({ firstBad, runs }) => ({ runs, bad: firstBad !== undefined })),
    shortest: lengths.sort((a, b) => a.shrunk - b.shrunk || a.found - b.found)[0] ?? null,
    cpuMs: cpuMs() - start,
  };
}

/** Rounds on real processes: bad where the clients' history is not linearizable, or the nodes' states broke a property. */
async function playTwin(definition: SystemDefinition, system: System): Promise<Raced["rounds"]> {
  const folder = mkdtempSync(join(tmpdir(), "rashomon-race-"));
  try {
    const settings = parseSettings([], definition.options, definition.name);
    const { rounds, diaries } = await realRounds({ definition, settings, cluster: "local", rounds: roundsMax, seed: seed("race"), maxDelayMs, signal: deadlineSignal(roundsMsMax), tell: () => undefined, folder });
    const bad = new Set(rounds.filter(({ history }) => checkLinearizable(history, system.spec, { budget: steps(1_000_000) }).verdict === "invalid").map(roundNumber));
    const always = system.properties.filter(({ kind }) => kind === "always");
    const states = new Map<number, Json[]>();
    const trace = validateTrace({
      diaries,
      systemOf: () => system,
      watch({ line: { round, node }, result }) {
        const now = states.get(round) ?? Array.from({ length: system.servers }, () => null);
        states.set(round, now);
        now[node] = result.state;
        if (round > 0 && always.some((property) => !property.test(now))) bad.add(round);
      },
    });
    assert(trace.verdict !== "invalid", `the traces of ${definition.name} are its definition's`);
    return { played: rounds.length, bad: bad.size, first: bad.size === 0 ? null : Math.min(...bad) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const faultNames: { readonly [step: string]: string } = { crash: "kill", drop: "loss", duplicate: "repetition", timer: "timer", cut: "partition", loseWrite: "lost write" };

/** What happens in a schedule besides calls, choices and deliveries in order. */
function faultsOf(schedule: Schedule): readonly string[] {
  const faults = new Set<string>();
  /** By link: numbers of messages that were delivered or dropped. */
  const settled = new Map<string, Set<number>>();
  for (const step of schedule) {
    const name = faultNames[step.step];
    if (name !== undefined) faults.add(name);
    if (step.step !== "deliver" && step.step !== "drop") continue;
    const link = `${step.from} ${step.to}`;
    const before = settled.get(link) ?? new Set();
    settled.set(link, before.add(step.n));
    if (step.step === "deliver" && Array.from({ length: step.n }, (_, n) => n).some((n) => !before.has(n))) faults.add("overtaking");
  }
  return [...faults].sort();
}
