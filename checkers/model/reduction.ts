import { markCommuting } from "./reduction/commuting.ts";
import type { LocalGraph } from "./reduction/local-graph.ts";
import { partOf } from "./reduction/part.ts";
import { markDead, markIdle } from "./reduction/useless-messages.ts";
import { ReductionTables } from "./reduction/verdicts.ts";

/**
 * Reductions that keep every outcome: fewer states, the same histories, visited and ended (model-checking.md §10).
 *
 *     dead messages   a message is dropped as soon as no state that its receiver can still reach reacts to it
 *     idle messages   so is one that its receiver, now and ever after, only answers, without a change of its own, when
 *                     all those answers would be dead: what is left of finished operations
 *     ample sets      where a delivery commutes with all else that can still happen to its receiver, only it is explored
 *                     (Peled, CAV 1993; singletons, with the proviso that its successor is new)
 *
 * All are decided on the local graph: per party, its local states and the transitions between them. That graph is
 * small, but known only when everything has been explored; so it is earned by a fixpoint:
 *
 *     graph := that of the first states of a full exploration
 *     repeat  tables := verdicts on the graph, pairs that never met probed and held to react
 *             explore, reduced; new local transitions enter the graph
 *     until no verdict that was used is contradicted by the graph that came out
 *
 * Why that is sound for dead messages: take the shortest full behaviour with a local step outside the final graph. All
 * steps before it are in the graph, and none of their messages was dropped, for a message is dropped only where the
 * graph shows that nothing will react to it. So the reduced exploration follows, meets the same local state with the
 * same message, and records the step: it is in the graph after all.
 *
 * Ample sets are used only while nothing can be lost, repeated or crash, and never for a delivery that clients or a
 * property can see.
 */
export interface ReductionOptions {
  /** Decide about ample sets too. */
  readonly ample: boolean;
  /** The verdicts that were in use while the graph was met; undefined: none. */
  readonly used: ReductionTables | undefined;
}

/** Decides all verdicts. O(envelopes × (local states + transitions)) and one probe per pair that never met. */
export function reductionTables(graph: LocalGraph, options: ReductionOptions): ReductionTables {
  const tables = new ReductionTables(graph.localCount, graph.envelopeCount);
  const parties = 1 + graph.partyOf.slice(0, graph.localCount).reduce((a, b) => Math.max(a, b), -1);
  const parts = Array.from({ length: parties }, (_, party) => partOf(graph, party, options.used));
  for (const part of parts) {
    for (const envelope of part.envelopes) markDead(graph, tables, { part, envelope });
    for (const envelope of part.envelopes) markIdle(graph, tables, { part, envelope, partOfOther: (other) => parts[other] });
    if (options.ample) for (const envelope of part.envelopes) markCommuting(graph, tables, { part, envelope });
  }
  return tables;
}
