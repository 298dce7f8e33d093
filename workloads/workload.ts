import type { Checker } from "../harness/checker.ts";
import type { OpGenerator } from "../harness/generator.ts";
import { stagger } from "../harness/generator/stagger.ts";
import type { OptionSpec, Settings } from "../harness/options.ts";
import type { SequentialSpec } from "../harness/spec.ts";

/**
 * A workload says what clients do, what they do at the end, and how what they saw is judged. It is a plain value in a
 * registry; the system under test is not known to it but for its calls.
 */
export interface Workload {
  readonly name: string;
  /** One line for `rashomon list workloads`. */
  readonly summary: string;
  /** The object that it works on, by its name in `harness/objects`: a system that offers it can run the workload. */
  readonly object: string;
  readonly options: readonly OptionSpec[];
  make(settings: Settings): WorkloadPlan;
}

/** A workload with its settings. */
export interface WorkloadPlan {
  /** Functions of the calls, as the system's clients must know them: `read`, `write`. */
  readonly functions: readonly string[];
  /** Functions that only observe: their `ok` answers are the evidence of a run. */
  readonly reads: readonly string[];
  readonly spec: SequentialSpec;
  /** As fast as threads are free; see `openLoad`. Endless. */
  readonly generator: OpGenerator;
  /** After everything is healed: ends by itself. */
  readonly finalGenerator: OpGenerator;
  readonly checkers: readonly Checker[];
}

/**
 * The workload as an open load: clients do not wait for one another, operations arrive at `ratePerSecond` on average,
 * exponentially spaced, as long as a thread is free.
 */
export function openLoad(plan: WorkloadPlan, options: { readonly ratePerSecond: number }): OpGenerator {
  return stagger({ meanMs: 1000 / options.ratePerSecond, label: "load" }, plan.generator);
}
