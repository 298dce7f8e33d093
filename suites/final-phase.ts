import type { History } from "../harness/history.ts";
import { NEMESIS } from "../harness/ids.ts";
import type { FinalPhase } from "../results/records.ts";

/**
 * What became of the nodes once every fault was taken back, out of the history's own entries:
 *
 *     … fault │ heal ── recover ────────── recover │ read n1, read n2, …
 *                       └─ convergence ──┘         └─ final reads
 *
 * What is missing from a final read was lost if the nodes had converged before it; if they never did, it may still come.
 * Undefined when nothing was recovered from: no faults, or an end before their heal. O(history).
 */
export function finalPhaseOf(history: History, cluster: { readonly nodes: readonly string[]; readonly concurrency: number; readonly reads: readonly string[] }): FinalPhase | undefined {
  const recovered = [...history].filter(({ process, f }) => process === NEMESIS && f === "recover").slice(-2);
  const [begin, end] = recovered;
  if (begin === undefined || end === undefined) return undefined;
  const read = new Set<string>();
  for (const { invocation, completion } of history.operations()) {
    if (invocation.index < end.index || completion?.type !== "ok" || !cluster.reads.includes(invocation.f)) continue;
    // A thread stays with its node; a process is its thread's number plus a multiple of the threads.
    read.add(cluster.nodes[(invocation.process % cluster.concurrency) % cluster.nodes.length]!);
  }
  return {
    ...("error" in end ? { converged: false as const, why: whyOf(end.error) } : { converged: true as const }),
    durationNs: end.timeNs - begin.timeNs,
    nodesRead: cluster.nodes.filter((node) => read.has(node)),
    nodesUnread: cluster.nodes.filter((node) => !read.has(node)),
  };
}

/** One sentence or two for people. */
export function finalPhaseText(phase: FinalPhase): string {
  const seconds = `${(phase.durationNs / 1e9).toFixed(1)} s`;
  const convergence = phase.converged ? `all nodes agreed ${seconds} after the last heal` : `the nodes never agreed: given up ${seconds} after the last heal (${phase.why}); what is missing from the last reads may be late, not lost`;
  return phase.nodesUnread.length === 0 ? `${convergence}; every node was read then` : `${convergence}; no final read of ${phase.nodesUnread.join(", ")} was answered`;
}

/** Errors of the nemesis are `[class, message]`, or whatever it said. */
function whyOf(error: unknown): string {
  const said = Array.isArray(error) ? String(error.at(-1)) : typeof error === "string" ? error : JSON.stringify(error);
  return said.split("\n")[0]!;
}
