import type { RunningCluster } from "../harness/cluster.ts";
import type { Disturbance, Evidence } from "../harness/disturbance.ts";
import { describeError } from "../harness/errors.ts";
import type { NodeId } from "../harness/ids.ts";
import { deadlineSignal, within } from "../harness/time.ts";
import type { Plan } from "./plan.ts";

/** The steps of an injection and a heal, each under a deadline. */
const healthMsMax = 1_000;
const evidenceMsMax = 10_000;
/** A kill's revert starts a node and waits until it serves, on a machine that may be loaded. */
export const revertMsMax = 60_000;

/** Reverts all disturbances of a plan, last first; what each failure was. */
export async function revert(plan: Plan, signal: AbortSignal): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const disturbance of plan.disturbances.toReversed()) {
    try {
      await bounded(revertMsMax, `healing ${disturbance.description}`, signal, (bound) => disturbance.revert(bound));
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}

/** The evidence of all disturbances as one: effective when any was. What cannot be measured was not seen. */
export async function evidenceOf(disturbances: readonly Disturbance[], signal: AbortSignal): Promise<Evidence> {
  const all: Evidence[] = [];
  for (const disturbance of disturbances) {
    try {
      all.push(await bounded(evidenceMsMax, `evidence of ${disturbance.description}`, signal, (bound) => disturbance.evidence(bound)));
    } catch (error) {
      all.push({ effective: false, seen: `no evidence of ${disturbance.description}: ${describeError(error)}` });
    }
  }
  const [only] = all;
  if (all.length === 1 && only !== undefined) return only;
  return { effective: all.some((evidence) => evidence.effective), seen: all.map((evidence) => evidence.seen).join("; "), data: all.map((evidence) => evidence.data ?? null) };
}

/** Nodes that do not serve now. */
export async function unhealthy(cluster: RunningCluster, signal: AbortSignal): Promise<NodeId[]> {
  const bound = deadlineSignal(healthMsMax, signal);
  const health = await Promise.all(cluster.nodes.map((node) => within(healthMsMax, `health of ${node}`, cluster.healthy(node, bound)).catch(() => false)));
  return cluster.nodes.filter((_, i) => health[i] !== true);
}

/** `work` under a deadline that it hears of by its signal, and that holds even when it does not listen. */
export function bounded<T>(ms: number, what: string, signal: AbortSignal, work: (bound: AbortSignal) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return within(ms, what, work(deadlineSignal(ms, signal)));
}
