import { simulate, type Simulation } from "../clusters/simulated/simulate.ts";
import type { SystemDefinition } from "../harness/actor.ts";
import { HarnessError } from "../harness/errors.ts";
import type { Seed } from "../harness/ids.ts";
import type { Json } from "../harness/json.ts";
import type { Settings } from "../harness/options.ts";
import { lamport } from "../checkers/model/lamport.ts";
import { guarded } from "../harness/budget.ts";
import { cpuMs, monotonicMs } from "../harness/time.ts";
import type { RunVerdict, WitnessAccount } from "../results/records.ts";

export interface SimulateRequest {
  readonly definition: SystemDefinition;
  readonly settings: Settings;
  readonly runs: number;
  readonly seed: Seed;
  readonly strategy: string;
  /** Wall time; past it no further run begins, and the account says how many there were. */
  readonly budgetMs?: number;
}
export interface Simulated {
  readonly system: string;
  readonly simulation: Simulation;
  readonly verdict: RunVerdict;
  readonly cpuMs: number;
  readonly json: Json;
  readonly diagram: ReturnType<typeof lamport> | undefined;
}

const strategies = ["uniform", "latency", "pct"] as const;

/** Runs the model's clients from seeds in virtual time. Valid here only says that no run was bad. */
export function simulateNow(request: SimulateRequest): Simulated {
  const cpu = cpuMs();
  const strategy = strategies.find((name) => name === request.strategy);
  if (strategy === undefined) throw new HarnessError("BAD_OPTION", `no strategy ${JSON.stringify(request.strategy)}`, { nextStep: `use one of ${strategies.join(", ")}` });
  const system = request.definition.make(request.settings);
  const end = monotonicMs() + (request.budgetMs ?? Number.POSITIVE_INFINITY);
  const budget = guarded(Number.POSITIVE_INFINITY, () => (monotonicMs() > end ? "time" : undefined));
  const simulation = simulate(system, { runs: request.runs, seed: request.seed, strategy, budget });
  const used = cpuMs() - cpu;
  const bad = simulation.firstBad;
  return {
    system: system.name,
    simulation,
    verdict: bad === undefined ? "valid" : "invalid",
    cpuMs: used,
    diagram: bad === undefined ? undefined : lamport(system, bad.shrunk.schedule, { title: `${system.name}: run ${bad.run}, shrunk to ${bad.shrunk.schedule.length} steps`, violation: "not linearizable" }),
    json: {
      system: system.name,
      verdict: bad === undefined ? "valid" : "invalid",
      runs: simulation.runs,
      bad: simulation.bad,
      outcomes: simulation.outcomes.size,
      steps: simulation.steps,
      ...(bad === undefined ? {} : { firstBad: { run: bad.run, seed: bad.seed, steps: bad.schedule.length, shrunk: bad.shrunk.schedule.length } }),
      cpuMs: Math.round(used),
    },
  };
}

/** The simulator's row in the table of accounts. */
export function simulateAccount(simulated: Simulated, more: { readonly expected?: RunVerdict; readonly seed: Seed; readonly rerun: string }): WitnessAccount {
  const { simulation, diagram } = simulated;
  const bad = simulation.firstBad;
  const perSecond = Math.round(simulation.runs / Math.max(simulated.cpuMs / 1000, 0.001));
  return {
    witness: "simulate",
    system: simulated.system,
    verdict: simulated.verdict,
    ...(more.expected === undefined ? {} : { expected: more.expected }),
    summary: bad === undefined ? `no bad run among ${simulation.runs.toLocaleString("en")} seeds; that proves little` : `seed ${bad.seed} is bad (run ${bad.run + 1}); shrunk from ${bad.schedule.length} to ${bad.shrunk.schedule.length} steps`,
    figures: [
      { label: "runs", value: simulation.runs.toLocaleString("en") },
      { label: "bad runs", value: simulation.bad.toLocaleString("en") },
      { label: "different outcomes", value: simulation.outcomes.size.toLocaleString("en") },
      { label: "runs per CPU second", value: perSecond.toLocaleString("en") },
    ],
    trials: { runs: simulation.runs, anomalous: simulation.bad },
    cpuMs: simulated.cpuMs,
    seed: more.seed,
    rerun: more.rerun,
    ...(diagram === undefined || bad === undefined ? {} : { discoveries: [{ property: "linearizable", kind: "counterexample" as const, length: bad.shrunk.schedule.length, diagrams: [diagram] }] }),
  };
}
