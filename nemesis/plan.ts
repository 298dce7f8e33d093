import type { RunningCluster } from "../harness/cluster.ts";
import type { Disturbance } from "../harness/disturbance.ts";
import type { NodeId } from "../harness/ids.ts";
import type { Settings } from "../harness/options.ts";
import type { Random } from "../harness/random.ts";

/** What a fault is told when it plans one injection. */
export interface PlanContext {
  readonly cluster: RunningCluster;
  /** This injection's own, forked by fault and number: the same seed hits the same targets whatever happened before. */
  readonly random: Random;
  /** How often this fault was injected before, from 0. */
  readonly injection: number;
  /** Complete by the fault's `options`. */
  readonly settings: Settings;
  readonly signal: AbortSignal;
}

/** One injection, decided and not yet done. */
export interface Plan {
  readonly targets: readonly NodeId[];
  /** For people: `isolate n3 (leader)`. */
  readonly what: string;
  /** Applied in this order, reverted in the opposite one. */
  readonly disturbances: readonly Disturbance[];
}
